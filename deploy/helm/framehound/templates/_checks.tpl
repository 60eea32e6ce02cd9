{{/* What would install and then not work is refused here, in sentences. */}}
{{- define "framehound.check" -}}
{{- $v := .Values -}}
{{- if not $v.queue.brokers -}}
{{- fail "queue.brokers is empty: name the Kafka brokers, as host:port" -}}
{{- end -}}
{{- if not $v.blobStore.bucket -}}
{{- fail "blobStore.bucket is empty: name the bucket for videos and pictures; it has to be there" -}}
{{- end -}}
{{- if not $v.metaStore.address -}}
{{- fail "metaStore.address is empty: name the Redis server, as redis://HOST:PORT/0 or rediss:// for TLS" -}}
{{- end -}}
{{- if contains "@" $v.metaStore.address -}}
{{- fail "metaStore.address has a password in it, which everybody could read in the ConfigMap: put it into the secret (redis-password) and the user's name into metaStore.user" -}}
{{- end -}}
{{- if not $v.secrets.existingSecret -}}
{{- if lt (len $v.secrets.token) 16 -}}
{{- fail "secrets.token must have 16 characters or more: clients send it to the query engine. Or name a secret that has `token` in secrets.existingSecret" -}}
{{- end -}}
{{- if and (not $v.vectorIndex.url) (lt (len $v.secrets.vectorKey) 16) -}}
{{- fail "secrets.vectorKey must have 16 characters or more: it is the key of the chart's own vector index. Or name a secret that has `vector-key` in secrets.existingSecret" -}}
{{- end -}}
{{- if and $v.secrets.awsAccessKeyId (not $v.secrets.awsSecretAccessKey) -}}
{{- fail "secrets.awsAccessKeyId is given without secrets.awsSecretAccessKey" -}}
{{- end -}}
{{- range $flag, $key := dict "queue.configFromSecret" "kafka.properties" "blobStore.keysFromSecret" "aws-access-key-id" "metaStore.passwordFromSecret" "redis-password" "vectorIndex.keyFromSecret" "vector-key" -}}
{{- $at := splitList "." $flag -}}
{{- if index $v (first $at) (last $at) -}}
{{- fail (printf "%s is for a secret that is there already, with %s in it: name it in secrets.existingSecret" $flag $key) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- range $name := list "token" "vectorKey" "redisPassword" "kafkaConfig" "awsAccessKeyId" "awsSecretAccessKey" -}}
{{- if index $v.secrets $name -}}
{{- fail (printf "secrets.%s and secrets.existingSecret are both given: which of them counts? Put it into the existing secret" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $part := list "splitter" "downloader" "indexer" "tracker" -}}
{{- $ceiling := include "framehound.ceiling" (dict "root" $ "part" $part) | int -}}
{{- $partitions := int $v.queue.partitions -}}
{{- if gt $ceiling $partitions -}}
{{- fail (printf "%d replicas of the %s are more than the %d partitions of its topic (queue.partitions): a partition is read by one process at a time, so the others would wait for nothing. Lower scale (now %v) or %s.replicas.max, or give the topics more partitions with Kafka's tools and say so here" $ceiling $part $partitions $v.scale $part) -}}
{{- end -}}
{{- end -}}
{{- range $part := list "splitter" "downloader" "indexer" "tracker" "query" -}}
{{- $own := index $v $part -}}
{{- $ceiling := include "framehound.ceiling" (dict "root" $ "part" $part) | int -}}
{{- if gt (int $own.replicas.min) $ceiling -}}
{{- fail (printf "%s.replicas.min is %d, above its ceiling of %d" $part (int $own.replicas.min) $ceiling) -}}
{{- end -}}
{{- if and (eq (int $own.replicas.min) 0) (or (ne $v.autoscaling.mode "keda") (eq $part "query")) -}}
{{- fail (printf "%s.replicas.min is 0: only KEDA starts a part again when work comes, so it works with autoscaling.mode keda, and not for the query engine" $part) -}}
{{- end -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- fail "ingress.enabled wants ingress.hosts" -}}
{{- end -}}
{{- end -}}
