/** The channels to the control plane that use the network, in the order of preference. */
export const NETWORK_CHANNELS = ['ws', 'grpc'] as const;

export type NetworkChannel = (typeof NETWORK_CHANNELS)[number];
