import { describe, expect, it } from 'vitest';
import { isRequestId, requestIdTimeMs } from '@quorate/controller-node';
import { newRequestId, requestIdOrNew, requestIdText } from './request-id.js';
import type { RpcFailure } from './rpc-failure.js';

describe('request ids', () => {
  it('are UUIDv7 that begin with their time', () => {
    const id = newRequestId(1_790_000_000_123);

    expect(isRequestId(id)).toBe(true);
    expect(requestIdTimeMs(id)).toBe(1_790_000_000_123);
  });

  it('are all different, also those of one moment', () => {
    const ids = Array.from({ length: 2000 }, () => requestIdText(newRequestId(1)));

    expect(new Set(ids).size).toBe(2000);
  });

  it('come back from their text, in either case', () => {
    const id = newRequestId(Date.now());

    expect(requestIdOrNew(requestIdText(id), 0)).toEqual(id);
    expect(requestIdOrNew(requestIdText(id).toUpperCase(), 0)).toEqual(id);
  });

  it('are made where the caller sent none', () => {
    expect(requestIdTimeMs(requestIdOrNew('', 77))).toBe(77);
  });

  it.each(['x', '0190163d-8694-439b-aea5-966c26f8ad91', '0190163d-8694-739b-2ea5-966c26f8ad91', '0190163d8694739baea5966c26f8ad91'])('that are no UUIDv7 are refused by field: %s', (text) => {
    expect(() => requestIdOrNew(text, 0)).toThrow(expect.objectContaining({ fields: [expect.objectContaining({ field: 'request_id' })] }) as RpcFailure);
  });
});
