/** Counts images and the time spent waiting for them between two readings. */
export class Throughput {
  #time = performance.now();
  #waiting = 0;
  #images = 0;

  /** Leaves out what happened since the last reading, such as a validation. */
  restart(): void {
    this.#time = performance.now();
    this.#waiting = 0;
    this.#images = 0;
  }

  addImages(count: number): void {
    this.#images += count;
  }

  /** Figures since the reading before. */
  read(): { imagesPerSecond: number; dataShare: number } {
    const elapsed = performance.now() - this.#time;
    const figures = {
      imagesPerSecond: this.#images * 1000 / elapsed,
      dataShare: this.#waiting / elapsed,
    };
    this.restart();
    return figures;
  }

  /** Passes values on and counts the time spent waiting for them. */
  async *timed<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
    let asked = performance.now();
    for await (const value of values) {
      this.#waiting += performance.now() - asked;
      yield value;
      asked = performance.now();
    }
  }
}
