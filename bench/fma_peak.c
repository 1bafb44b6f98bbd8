/* Peak of one core in 128-bit fused multiply-adds, the widest that WebAssembly has, in GFLOP/s:
   sixteen independent chains in registers. Prints the best of several trials. */
#include <stdio.h>
#include <time.h>

typedef float v4 __attribute__((vector_size(16)));

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(void) {
  enum { CHAINS = 12, ROUNDS = 4000000 };
  double best = 0;
  float sink = 0;
  for (int trial = 0; trial < 8; trial++) {
    v4 a[CHAINS];
    volatile float start = 0.999f;
    const v4 m = {start, start, start, start};
    for (int i = 0; i < CHAINS; i++) a[i] = m * (float)(i + 1);
    const double begin = seconds();
    for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 12
      for (int i = 0; i < CHAINS; i++) a[i] = a[i] * m + m;
    }
    const double rate = 2.0 * 4 * CHAINS * ROUNDS / (seconds() - begin) / 1e9;
    if (rate > best) best = rate;
    for (int i = 0; i < CHAINS; i++) sink += a[i][0];
  }
  fprintf(stderr, "%g\n", sink);
  printf("%.1f\n", best);
  return 0;
}
