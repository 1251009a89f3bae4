/**
 * Where a deployment's metrics lie in CloudWatch. Two deployments in one account have the same vantages
 * and may have services of the same name: what tells them apart is the namespace. Functions write there,
 * alarms read there.
 */
export const metricNamespace = (deployment: string): string => `Quorate/${deployment}`;
