// What the loops share: vectors of 16 floats, the exponential, the maximum.
#pragma once
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

typedef __m512 Floats;
typedef __m512i Ints;

constexpr float LOG2E = 1.44269504088896341f;

static inline Floats all(float value) { return _mm512_set1_ps(value); }
static inline Floats lowest() { return all(-INFINITY); }
static inline Floats none() { return _mm512_setzero_ps(); }

// The lanes of the last vector of a row, n logits before its end.
static inline __mmask16 lanes(int n) { return n >= 16 ? 0xFFFF : (__mmask16)((1u << n) - 1); }

// 16 logits, or as many as are left, and -Infinity in the other lanes.
static inline Floats load(const float* x, int left) {
  return left >= 16 ? _mm512_loadu_ps(x) : _mm512_mask_loadu_ps(lowest(), lanes(left), x);
}

// The indices of 16 logits.
static inline Ints indices(int first) {
  return _mm512_add_epi32(_mm512_set1_epi32(first), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// Coefficients of 2^r for r in [0, 1), fitted at the nodes of Chebyshev.
template <int DEGREE>
struct Polynomial;

// An error of at most 7.5e-8.
template <>
struct Polynomial<5> {
  static constexpr float C[6] = {0.99999992514f, 0.69315307190f, 0.24015362248f, 0.05582631057f, 0.00898934206f, 0.00187757813f};
};

// An error of 1.9e-9, and what rounding adds.
template <>
struct Polynomial<6> {
  static constexpr float C[7] = {1.00000000185f, 0.69314698389f, 0.24022983596f, 0.05548334276f,
                                 0.00967884025f, 0.00124396890f, 0.00021702267f};
};

// 2^t: t minus its floor by vreduceps, the polynomial, the power by vscalefps.
template <int DEGREE>
static inline Floats exp2(Floats t) {
  Floats r = _mm512_reduce_ps(t, 0x01);
  Floats p = all(Polynomial<DEGREE>::C[DEGREE]);
#pragma GCC unroll 8
  for (int i = DEGREE - 1; i >= 0; i--) p = _mm512_fmadd_ps(p, r, all(Polynomial<DEGREE>::C[i]));
  return _mm512_scalef_ps(p, t);
}

// The maximum, in eight vectors for rows that are long.
template <int WAYS>
static inline float maximum(const float* x, int n) {
  Floats best[WAYS];
  for (auto& b : best) b = lowest();
  int i = 0;
  for (; i + 16 * WAYS <= n; i += 16 * WAYS)
    for (int j = 0; j < WAYS; j++) best[j] = _mm512_max_ps(best[j], _mm512_loadu_ps(x + i + 16 * j));
  for (; i < n; i += 16) best[0] = _mm512_max_ps(best[0], load(x + i, n - i));
  for (int s = WAYS / 2; s; s >>= 1)
    for (int j = 0; j < s; j++) best[j] = _mm512_max_ps(best[j], best[j + s]);
  return _mm512_reduce_max_ps(best[0]);
}

// The first place of a value that is there.
static inline int place(const float* x, int from, int to, float value) {
  for (int i = from; i < to; i += 16) {
    __mmask16 equal = _mm512_mask_cmp_ps_mask(lanes(to - i), load(x + i, to - i), all(value), _CMP_EQ_OQ);
    if (equal) return i + __builtin_ctz(equal);
  }
  return from;
}

// Weights 2^(x a + b), and their sum lane by lane. STORE keeps them in y.
template <int DEGREE, bool STORE, int WAYS>
static inline Floats weights(const float* x, float* y, int n, Floats a, Floats b) {
  Floats sum[WAYS];
  for (auto& s : sum) s = none();
  int i = 0;
  for (; i + 16 * WAYS <= n; i += 16 * WAYS) {
#pragma GCC unroll 4
    for (int j = 0; j < WAYS; j++) {
      Floats e = exp2<DEGREE>(_mm512_fmadd_ps(_mm512_loadu_ps(x + i + 16 * j), a, b));
      if (STORE) _mm512_storeu_ps(y + i + 16 * j, e);
      sum[j] = _mm512_add_ps(sum[j], e);
    }
  }
  for (; i < n; i += 16) {
    __mmask16 m = lanes(n - i);
    Floats e = exp2<DEGREE>(_mm512_fmadd_ps(load(x + i, n - i), a, b));
    if (STORE) _mm512_mask_storeu_ps(y + i, m, e);
    sum[0] = _mm512_mask_add_ps(sum[0], m, sum[0], e);
  }
  for (int s = WAYS / 2; s; s >>= 1)
    for (int j = 0; j < s; j++) sum[j] = _mm512_add_ps(sum[j], sum[j + s]);
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
