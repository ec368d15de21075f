import type { ChannelOptions } from '@grpc/grpc-js';
import { INTERNAL_MESSAGE_BYTES } from './limits.js';

/**
 * What may be under way to us on one stream and one connection before the sender has to hear that we read it: four pieces of
 * a snapshot of the usual size, so that none waits for a window in the middle (HTTP/2's default of 64 KiB stalls them at every
 * 64 KiB).
 */
const RECEIVE_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Channels between nodes of the cluster. A peer that comes back is reached within half a second (grpc-js's own back-off,
 * 1 s to 120 s, cost more than an election); a peer whose machine is gone is noticed by keepalive.
 */
export const INTERNAL_CHANNEL: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.dns_min_time_between_resolutions_ms': 500,
  'grpc.max_receive_message_length': INTERNAL_MESSAGE_BYTES,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc-node.flow_control_window': RECEIVE_WINDOW_BYTES,
  // We repeat calls by ourselves, with request ids.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
};

/** `host:port` as grpc-js takes it; IPv6 addresses in brackets. */
export function target(endpoint: { readonly host: string; readonly port: number }): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `dns:${host}:${endpoint.port}`;
}
