{{/* F, with which the name of everything begins. The operator is told it, so that both have it from here. */}}
{{- define "tiercel.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Cluster-scoped objects of two releases of one name in two namespaces must differ only where the names do not. */}}
{{- define "tiercel.namespace" -}}
{{- .Release.Namespace -}}
{{- end -}}

{{/* Labels of every object. The argument is a list: the root, and the component. */}}
{{- define "tiercel.labels" -}}
{{- $root := index . 0 -}}
{{ include "tiercel.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with $root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels by which pods are found: they never change, since a selector cannot. */}}
{{- define "tiercel.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: tiercel
app.kubernetes.io/instance: {{ include "tiercel.fullname" $root }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Image with its digest where one is given, else with a tag. */}}
{{- define "tiercel.image" -}}
{{- $image := .Values.image -}}
{{- $name := $image.repository -}}
{{- if $image.registry }}{{ $name = printf "%s/%s" $image.registry (trimPrefix "docker.io/" $image.repository) }}{{ end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "tiercel.operatorAccount" -}}
{{- default (printf "%s-operator" (include "tiercel.fullname" .)) .Values.operator.serviceAccount.name -}}
{{- end -}}

{{/* The name by which the API server knows the agents. */}}
{{- define "tiercel.agentUser" -}}
{{- printf "system:serviceaccount:%s:%s-agent" (include "tiercel.namespace" .) (include "tiercel.fullname" .) -}}
{{- end -}}
