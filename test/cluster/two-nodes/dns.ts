/** CoreDNS for the test cluster: names of Services; all other names do not exist. */
import { dnsAddress } from "./layout.ts";
import { dnsImage } from "./images.ts";

const name = "coredns";
const namespace = "kube-system";
const read = ["list", "watch"];

/** `template` in one server block with `kubernetes` would answer for its names too, so there are two blocks. */
const corefile = `cluster.local:53 in-addr.arpa:53 {
  errors
  ready
  kubernetes cluster.local in-addr.arpa
  cache 5
}
.:53 {
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;

const labels = { "k8s-app": "kube-dns" };

const container = {
  name,
  image: dnsImage,
  imagePullPolicy: "Never",
  args: ["-conf", "/etc/coredns/Corefile"],
  volumeMounts: [{ name: "settings", mountPath: "/etc/coredns" }],
  readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
};

/** All objects of it. */
export const dnsObjects: readonly object[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name },
    rules: [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: { Corefile: corefile },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          containers: [container],
          volumes: [{ name: "settings", configMap: { name } }],
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kube-dns", namespace },
    spec: {
      clusterIP: dnsAddress,
      selector: labels,
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, protocol: "TCP" },
      ],
    },
  },
];
