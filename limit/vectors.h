// What the loops share: the maximum, a place, the weights. The operations on vectors are those of the widest that the processor has.
#pragma once
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include "avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "avx2.h"
#else
#error "neither AVX-512 nor AVX2 with FMA"
#endif

#include <algorithm>

constexpr float LOG2E = 1.44269504088896341f;

// The maximum, in eight vectors for rows that are long.
template <int WAYS>
static inline float maximum(const float* x, int n) {
  Floats best[WAYS];
  for (auto& b : best) b = lowest();
  int i = 0;
  for (; i + LANES * WAYS <= n; i += LANES * WAYS)
    for (int j = 0; j < WAYS; j++) best[j] = larger(best[j], load(x + i + LANES * j));
  for (; i < n; i += LANES) best[0] = larger(best[0], load(x + i, n - i));
  for (int s = WAYS / 2; s; s >>= 1)
    for (int j = 0; j < s; j++) best[j] = larger(best[j], best[j + s]);
  return largest(best[0]);
}

// The first place of a value that is there.
static inline int place(const float* x, int from, int to, float value) {
  for (int i = from; i < to; i += LANES) {
    uint32_t found = bitsOf(equal(load(x + i, to - i), all(value)) & lanes(to - i));
    if (found) return i + __builtin_ctz(found);
  }
  return from;
}

// Weights 2^(x a + b), and their sum lane by lane. STORE keeps them in y.
template <int DEGREE, bool STORE, int WAYS>
[[gnu::always_inline]] static inline Floats weights(const float* x, float* y, int n, Floats a, Floats b) {
  Floats sum[WAYS];
  for (auto& s : sum) s = none();
  int i = 0;
  for (; i + LANES * WAYS <= n; i += LANES * WAYS) {
#pragma GCC unroll 4
    for (int j = 0; j < WAYS; j++) {
      Floats e = exp2<DEGREE>(fma(load(x + i + LANES * j), a, b));
      if (STORE) store(y + i + LANES * j, e);
      sum[j] = sum[j] + e;
    }
  }
  for (; i < n; i += LANES) {
    Floats e = exp2<DEGREE>(fma(load(x + i, n - i), a, b));
    if (STORE) storeLast(y + i, n - i, e);
    sum[0] = addWhere(lanes(n - i), sum[0], e);
  }
  for (int s = WAYS / 2; s; s >>= 1)
    for (int j = 0; j < s; j++) sum[j] = sum[j] + sum[j + s];
  return sum[0];
}

// The factor of a logit in its weight at 1 / temperature, and what is added so that the maximum's weight is 1.
static inline Floats factor(float inverse) { return all(LOG2E * inverse); }
static inline Floats shift(float max, float inverse) { return all(-max * (LOG2E * inverse)); }

// Uniform numbers, by xorshift.
struct Random {
  uint64_t state = 0x9E3779B97F4A7C15ull;
  uint64_t bits() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }
  double next() { return (bits() >> 11) * 0x1p-53; }
};
