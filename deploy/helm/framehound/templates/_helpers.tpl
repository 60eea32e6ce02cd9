{{- define "framehound.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "framehound.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "framehound.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "framehound.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Of one part: dict "root" $ "part" "indexer" */}}
{{- define "framehound.selector" -}}
app.kubernetes.io/name: {{ include "framehound.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "framehound.common" -}}
app.kubernetes.io/name: {{ include "framehound.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: framehound
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "framehound.labels" -}}
{{ include "framehound.common" .root }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "framehound.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "framehound.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "framehound.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "framehound.secret" -}}
{{- default (include "framehound.fullname" .) .Values.secrets.existingSecret -}}
{{- end -}}

{{/* A part's replicas at the most. */}}
{{- define "framehound.ceiling" -}}
{{- $own := index .root.Values .part -}}
{{- $least := max 1 (int $own.replicas.min) -}}
{{- if kindIs "invalid" $own.replicas.max -}}
{{- max $least (int (ceil (mulf (float64 $own.perScale) (float64 .root.Values.scale)))) -}}
{{- else -}}
{{- int $own.replicas.max -}}
{{- end -}}
{{- end -}}

{{/* What uses which secret: "true" or nothing. */}}
{{- define "framehound.hasKafkaConfig" -}}
{{- if or .Values.queue.configFromSecret .Values.secrets.kafkaConfig -}}true{{- end -}}
{{- end -}}
{{- define "framehound.hasRedisPassword" -}}
{{- if or .Values.metaStore.passwordFromSecret .Values.secrets.redisPassword -}}true{{- end -}}
{{- end -}}
{{- define "framehound.hasKeys" -}}
{{- if or .Values.blobStore.keysFromSecret .Values.secrets.awsAccessKeyId -}}true{{- end -}}
{{- end -}}
{{- define "framehound.hasVectorKey" -}}
{{- if or (not .Values.vectorIndex.url) .Values.vectorIndex.keyFromSecret .Values.secrets.vectorKey -}}true{{- end -}}
{{- end -}}

{{- define "framehound.queue" -}}
kafka://{{ join "," .Values.queue.brokers }}/{{ .Values.queue.prefix }}
{{- end -}}

{{/* A table of settings (names of flags) as environment variables, values as text. */}}
{{- define "framehound.settings" -}}
{{- range $name, $value := . }}
FRAMEHOUND_{{ $name | upper | replace "-" "_" }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{/* Ports of servers, for network policies: those that the addresses name, and those that were added. */}}
{{- define "framehound.serverPorts" -}}
{{- $ports := list -}}
{{- range .Values.queue.brokers }}{{ $ports = append $ports (regexFind "[0-9]+$" .) }}{{ end -}}
{{- range (list .Values.metaStore.address .Values.blobStore.endpoint .Values.vectorIndex.url) -}}
{{- if . -}}
{{- $port := regexFind ":[0-9]+(/|$)" . | trimAll ":/" -}}
{{- $ports = append $ports (default (ternary "80" (ternary "6379" "443" (regexMatch "^rediss?:" .)) (hasPrefix "http:" .)) $port) -}}
{{- end -}}
{{- end -}}
{{- if not .Values.blobStore.endpoint }}{{ $ports = append $ports "443" }}{{ end -}}
{{- range .Values.networkPolicy.serverPorts }}{{ $ports = append $ports (toString .) }}{{ end -}}
{{- join "," ($ports | uniq | sortAlpha) -}}
{{- end -}}
