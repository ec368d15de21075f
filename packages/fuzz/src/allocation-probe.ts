/** Buffers of their own that code makes: a length field believed too early shows here before it shows as a crash. */
const CONSTRUCTORS = ['ArrayBuffer', 'SharedArrayBuffer', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'] as const;
const BUFFER_MAKERS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const;

type Globals = Record<string, unknown>;
type Maker = (size: number, ...rest: unknown[]) => unknown;

/**
 * Counts the bytes of every buffer made by `new` or Buffer.alloc while it is installed. Views on a buffer that is there
 * already cost nothing. What is made inside the engine (by a decoder of text, say) is not seen; the heap shows it.
 */
export class AllocationProbe {
  /** Since `reset`. */
  bytes = 0;
  readonly #originals = new Map<string, unknown>();
  readonly #makers = new Map<string, Maker>();

  install(): void {
    const globals = globalThis as unknown as Globals;
    for (const name of CONSTRUCTORS) {
      const original = globals[name] as { readonly BYTES_PER_ELEMENT?: number } & (new (...args: unknown[]) => object);
      this.#originals.set(name, original);
      const elementBytes = original.BYTES_PER_ELEMENT ?? 1;
      const proxy: unknown = new Proxy(original, {
        construct: (constructor, args, newTarget) => {
          this.bytes += elementCount(args[0]) * elementBytes;
          return Reflect.construct(constructor, args, newTarget === proxy ? constructor : newTarget) as object;
        },
      });
      globals[name] = proxy;
    }
    const buffer = Buffer as unknown as Record<string, Maker>;
    for (const name of BUFFER_MAKERS) {
      const original = buffer[name]!;
      this.#makers.set(name, original);
      buffer[name] = (size, ...rest) => {
        this.bytes += size;
        return original.call(Buffer, size, ...rest);
      };
    }
  }

  uninstall(): void {
    const globals = globalThis as unknown as Globals;
    for (const [name, original] of this.#originals) globals[name] = original;
    const buffer = Buffer as unknown as Record<string, Maker>;
    for (const [name, original] of this.#makers) buffer[name] = original;
    this.#originals.clear();
    this.#makers.clear();
  }

  reset(): void {
    this.bytes = 0;
  }
}

/** Elements that get memory of their own: a number, or a list that is copied. A view on an ArrayBuffer gets none. */
function elementCount(first: unknown): number {
  if (typeof first === 'number') return first;
  if (first === null || typeof first !== 'object' || first instanceof ArrayBuffer) return 0;
  const { length } = first as { readonly length?: unknown };
  return typeof length === 'number' ? length : 0;
}
