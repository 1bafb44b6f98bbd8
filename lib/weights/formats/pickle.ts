/** A Python name in a pickle; it is never looked up. */
export interface PickleGlobal {
  global: string;
}

/** What a pickle may hold here. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | object;

/** What the objects of a pickle are replaced by. */
export interface PickleHandlers {
  /** Whether a Python name may occur. */
  isKnown(name: string): boolean;
  /** Replaces the call of a known name. */
  call(name: string, args: PickleValue[]): PickleValue;
  /** Replaces a reference to data outside of the pickle. */
  persistent(id: PickleValue): PickleValue;
  /** Says what is wrong with the file; throws. */
  refuse(reason: string): never;
}

/**
 * Reads a pickle without Python: a stack machine of data instructions only. Names outside the
 * handlers' list are refused, nothing is looked up or run, and memory is proportional to the
 * pickle's length. Protocols 2 to 5, as `torch.save` writes.
 */
export function unpickle(bytes: Uint8Array, handlers: PickleHandlers): PickleValue {
  return new Machine(bytes, handlers).run();
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #handlers: PickleHandlers;
  readonly #memo = new Map<number, PickleValue>();
  #stack: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  #at = 0;

  constructor(bytes: Uint8Array, handlers: PickleHandlers) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#handlers = handlers;
  }

  run(): PickleValue {
    while (true) {
      const code = this.#take(1, (at) => this.#view.getUint8(at));
      if (code === STOP) return this.#pop();
      const run = INSTRUCTIONS.get(code);
      if (run === undefined) this.#refuse(`has instruction 0x${code.toString(16)}, not data`);
      else run(this.#io);
    }
  }

  /** What instructions work with. */
  readonly #io: Io = {
    push: (value) => void this.#stack.push(value),
    pop: () => this.#pop(),
    top: () => this.#stack.at(-1) ?? null,
    mark: () => {
      this.#marks.push(this.#stack);
      this.#stack = [];
    },
    popMark: () => {
      const items = this.#stack;
      this.#stack = this.#marks.pop() ?? this.#refuse("closes what it did not open");
      return items;
    },
    number: (size, get) => this.#take(size, (at) => get(this.#view, at)),
    text: (length) => {
      const begin = this.#take(length, (at) => at);
      return new TextDecoder().decode(this.#bytes.subarray(begin, begin + length));
    },
    line: () => {
      const end = this.#bytes.indexOf(10, this.#at);
      if (end < 0) return this.#refuse("ends in the middle of a name");
      return this.#io.text(end - this.#at + 1).slice(0, -1);
    },
    memoize: (key) => void this.#memo.set(key ?? this.#memo.size, this.#stack.at(-1) ?? null),
    recall: (key) => {
      const value = this.#memo.get(key);
      return value === undefined ? this.#refuse(`recalls ${key}, which it never kept`) : value;
    },
    global: (name) => {
      if (this.#handlers.isKnown(name)) return { global: name };
      return this.#handlers.refuse(
        `it holds the Python object ${JSON.stringify(name.slice(0, 80))}, which is not loaded as ` +
          "it could run code; save the state_dict alone: torch.save(model.state_dict(), PATH)",
      );
    },
    call: (callee, args) => {
      if (!isGlobal(callee)) return this.#refuse("calls what is no name");
      return this.#handlers.call(callee.global, args);
    },
    persistent: (id) => this.#handlers.persistent(id),
    refuse: (reason) => this.#refuse(reason),
  };

  #pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined ? this.#refuse("takes from an empty stack") : value;
  }

  #take<T>(length: number, get: (at: number) => T): T {
    if (this.#at + length > this.#bytes.length) return this.#refuse("was cut short");
    const value = get(this.#at);
    this.#at += length;
    return value;
  }

  #refuse(reason: string): never {
    return this.#handlers.refuse(`its pickle ${reason} at byte ${this.#at}`);
  }
}

interface Io {
  push(value: PickleValue): void;
  pop(): PickleValue;
  top(): PickleValue;
  mark(): void;
  popMark(): PickleValue[];
  number(size: number, get: (view: DataView, at: number) => number): number;
  text(length: number): string;
  line(): string;
  memoize(key?: number): void;
  recall(key: number): PickleValue;
  global(name: string): PickleValue;
  call(callee: PickleValue, args: PickleValue[]): PickleValue;
  persistent(id: PickleValue): PickleValue;
  refuse(reason: string): never;
}

const STOP = 0x2e;

function u8(io: Io): number {
  return io.number(1, (view, at) => view.getUint8(at));
}

function u16(io: Io): number {
  return io.number(2, (view, at) => view.getUint16(at, true));
}

function u32(io: Io): number {
  return io.number(4, (view, at) => view.getUint32(at, true));
}

/** The instructions that hold data, by their codes in Python's `pickletools`. */
const INSTRUCTIONS: ReadonlyMap<number, (io: Io) => void> = new Map<number, (io: Io) => void>([
  [0x80, (io) => void u8(io)], // PROTO
  [0x95, (io) => void io.number(8, () => 0)], // FRAME
  [0x28, (io) => io.mark()],
  [0x30, (io) => void io.pop()],
  [0x4e, (io) => io.push(null)],
  [0x88, (io) => io.push(true)],
  [0x89, (io) => io.push(false)],
  [0x4a, (io) => io.push(io.number(4, (view, at) => view.getInt32(at, true)))],
  [0x4b, (io) => io.push(u8(io))],
  [0x4d, (io) => io.push(u16(io))],
  [0x8a, (io) => io.push(longInteger(io))],
  [0x47, (io) => io.push(io.number(8, (view, at) => view.getFloat64(at, false)))],
  [0x58, (io) => io.push(io.text(u32(io)))],
  [0x8c, (io) => io.push(io.text(u8(io)))],
  [0x55, (io) => io.push(io.text(u8(io)))],
  [0x29, (io) => io.push([])],
  [0x74, (io) => io.push(io.popMark())],
  [0x85, (io) => io.push([io.pop()])],
  [0x86, (io) => io.push([io.pop(), io.pop()].reverse())],
  [0x87, (io) => io.push([io.pop(), io.pop(), io.pop()].reverse())],
  [0x5d, (io) => io.push([])],
  [0x61, (io) => append(io, [io.pop()])],
  [0x65, (io) => append(io, io.popMark())],
  [0x7d, (io) => io.push(new Map())],
  [0x73, (io) => setItems(io, [io.pop(), io.pop()].reverse())],
  [0x75, (io) => setItems(io, io.popMark())],
  [0x63, (io) => io.push(io.global(`${io.line()}.${io.line()}`))],
  [0x93, (io) => {
    const [name, module] = [io.pop(), io.pop()];
    io.push(io.global(`${module}.${name}`));
  }],
  [0x52, (io) => {
    const [args, callee] = [io.pop(), io.pop()];
    io.push(io.call(callee, Array.isArray(args) ? args : io.refuse("calls without arguments")));
  }],
  // BUILD sets the attributes of an OrderedDict (`_metadata`), which are not needed
  [0x62, (io) => {
    io.pop();
    if (!(io.top() instanceof Map)) io.refuse("sets the state of an object");
  }],
  [0x51, (io) => io.push(io.persistent(io.pop()))],
  [0x71, (io) => io.memoize(u8(io))],
  [0x72, (io) => io.memoize(u32(io))],
  [0x94, (io) => io.memoize()],
  [0x68, (io) => io.push(io.recall(u8(io)))],
  [0x6a, (io) => io.push(io.recall(u32(io)))],
]);

/** Little-endian two's complement; inexact beyond 2^53, which no size reaches. */
function longInteger(io: Io): number {
  let value = 0;
  let sign = 0;
  const length = u8(io);
  for (let i = 0; i < length; i++) {
    const byte = u8(io);
    value += byte * 2 ** (8 * i);
    sign = byte & 0x80;
  }
  return sign === 0 ? value : value - 2 ** (8 * length);
}

function append(io: Io, items: PickleValue[]): void {
  const list = io.top();
  if (!Array.isArray(list)) return io.refuse("appends to what is no list");
  for (const item of items) list.push(item);
}

function setItems(io: Io, items: PickleValue[]): void {
  const map = io.top();
  if (!(map instanceof Map) || items.length % 2 !== 0) return io.refuse("fills what is no dict");
  for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
}

function isGlobal(value: PickleValue): value is PickleGlobal {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "global");
}
