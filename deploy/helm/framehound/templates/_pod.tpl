{{/* The pod of a part: dict "root" $ "part" "indexer" "port" 8082 "args" (list "indexer") */}}
{{- define "framehound.pod" -}}
{{- $root := .root -}}
{{- $v := .root.Values -}}
{{- $own := index $v .part -}}
metadata:
  labels: {{- include "framehound.labels" (dict "root" $root "part" .part) | nindent 4 }}
  annotations:
    checksum/config: {{ include (print $root.Template.BasePath "/config.yaml") $root | sha256sum }}
    {{- with merge (dict) (default dict $own.podAnnotations) $v.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "framehound.serviceAccount" $root }}
  automountServiceAccountToken: {{ $v.serviceAccount.automountServiceAccountToken }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds }}
  {{- with $v.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $own.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext: {{- toYaml $v.podSecurityContext | nindent 4 }}
  {{- with default $v.nodeSelector $own.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with default $v.tolerations $own.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with default $v.affinity $own.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if $v.topologySpreadConstraints }}
    {{- toYaml $v.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "framehound.selector" (dict "root" $root "part" .part) | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ include "framehound.image" $root | quote }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      args: {{- toYaml .args | nindent 8 }}
      securityContext: {{- toYaml $v.securityContext | nindent 8 }}
      ports:
        - {name: {{ .portName }}, containerPort: {{ .port }}, protocol: TCP}
      {{- include "framehound.env" (dict "root" $root "own" $own "env" .env "bare" .bare) | nindent 6 }}
      {{- with $own.preStopSeconds }}
      # What leads clients here hears of the end a little later than the pod does.
      lifecycle:
        preStop:
          sleep: {seconds: {{ . }}}
      {{- end }}
      startupProbe:
        httpGet: {path: /healthz, port: {{ .portName }}}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 90
      livenessProbe:
        httpGet: {path: /healthz, port: {{ .portName }}}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: {{ .portName }}}
        periodSeconds: 10
        timeoutSeconds: 10
        failureThreshold: 2
      resources: {{- toYaml $own.resources | nindent 8 }}
      volumeMounts: {{- include "framehound.mounts" (dict "root" $root "bare" .bare) | nindent 8 }}
  volumes: {{- include "framehound.volumes" (dict "root" $root "data" .data "bare" .bare) | nindent 4 }}
{{- end -}}

{{/* Variables: the shared ones unless "bare", then a part's own, which win. */}}
{{- define "framehound.env" -}}
{{- $v := .root.Values -}}
{{- if not .bare }}
envFrom:
  - configMapRef: {name: {{ include "framehound.fullname" .root }}}
{{- end }}
env:
  {{- if and (include "framehound.hasKeys" .root) (not .bare) }}
  - name: AWS_ACCESS_KEY_ID
    valueFrom: {secretKeyRef: {name: {{ include "framehound.secret" .root }}, key: aws-access-key-id}}
  - name: AWS_SECRET_ACCESS_KEY
    valueFrom: {secretKeyRef: {name: {{ include "framehound.secret" .root }}, key: aws-secret-access-key}}
  {{- end }}
  {{- range $name, $value := .env }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
  {{- range $name, $value := default dict .own.settings }}
  - {name: FRAMEHOUND_{{ $name | upper | replace "-" "_" }}, value: {{ $value | toString | quote }}}
  {{- end }}
  {{- with concat $v.extraEnv (default list .own.extraEnv) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "framehound.mounts" -}}
{{- $v := .root.Values -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
- {name: secret, mountPath: /etc/framehound/secret, readOnly: true}
{{- if and $v.tls.caSecret (not .bare) }}
- {name: ca, mountPath: /etc/framehound/ca, readOnly: true}
{{- end }}
{{- if and $v.tls.redisClientSecret (not .bare) }}
- {name: redis-client, mountPath: /etc/framehound/redis, readOnly: true}
{{- end }}
{{- end -}}

{{/* Secrets are readable by the group alone: the program refuses files that everybody may read. */}}
{{- define "framehound.volumes" -}}
{{- $v := .root.Values -}}
{{- if .data }}
- name: data
  {{- toYaml .data | nindent 2 }}
{{- end }}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
- name: secret
  secret:
    secretName: {{ include "framehound.secret" .root }}
    defaultMode: 0440
{{- if and $v.tls.caSecret (not .bare) }}
- name: ca
  secret: {secretName: {{ $v.tls.caSecret }}, defaultMode: 0440}
{{- end }}
{{- if and $v.tls.redisClientSecret (not .bare) }}
- name: redis-client
  secret: {secretName: {{ $v.tls.redisClientSecret }}, defaultMode: 0440}
{{- end }}
{{- end -}}
