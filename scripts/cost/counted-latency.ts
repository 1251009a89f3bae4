/** How long one call takes, wire and service together, as a function in the same region sees it. */
export const LATENCY_MS = { dynamodb: 10, route53: 250, probe: 100 } as const;
