// Vectors of 8 floats: AVX2 and FMA. A mask is a vector too, of which the sign bits count.
#pragma once
#include <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>

typedef __m256 Floats;
typedef __m256i Ints;
typedef __m256i Mask;

constexpr int LANES = 8;

static inline Floats all(float value) { return _mm256_set1_ps(value); }
static inline Ints allInts(int value) { return _mm256_set1_epi32(value); }
static inline Floats none() { return _mm256_setzero_ps(); }
static inline Floats lowest() { return all(-INFINITY); }

// The indices of 8 logits.
static inline Ints indices(int first) { return _mm256_add_epi32(allInts(first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }

static inline Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
static inline Floats larger(Floats a, Floats b) { return _mm256_max_ps(a, b); }

static inline float largest(Floats v) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

static inline float total(Floats v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

static inline int total(Ints v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

static inline Floats floats(Mask m) { return _mm256_castsi256_ps(m); }
static inline Mask mask(Floats v) { return _mm256_castps_si256(v); }

// The lanes of the last vector of a row, n logits before its end.
static inline Mask lanes(int n) { return _mm256_cmpgt_epi32(allInts(n), indices(0)); }

// A lane, or that of a logit if it is one of the 8 from first on.
static inline Mask lane(int at, int first = 0) { return _mm256_cmpeq_epi32(allInts(at), indices(first)); }

// The tokens from i on that a mask of a bit for each allows: shifts bring each to its sign. 32 bits are read, of which 8 count.
static inline Mask allowed(const uint64_t* mask, int i) {
  int word;
  memcpy(&word, (const char*)mask + i / 8, 4);
  return _mm256_sllv_epi32(allInts(word), _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24));
}

static inline Mask equal(Floats a, Floats b) { return mask(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
static inline Mask above(Floats a, Floats b) { return mask(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
static inline Mask atLeast(Floats a, Floats b) { return mask(_mm256_cmp_ps(a, b, _CMP_GE_OQ)); }
static inline uint32_t bitsOf(Mask m) { return _mm256_movemask_ps(floats(m)); }

static inline Floats where(Mask m, Floats v, Floats other) { return _mm256_blendv_ps(other, v, floats(m)); }
static inline Ints where(Mask m, Ints v, Ints other) { return mask(where(m, floats(v), floats(other))); }
static inline Floats only(Mask m, Floats v) { return where(m, v, none()); }
static inline Floats addWhere(Mask m, Floats sum, Floats v) { return sum + only(m, v); }
static inline Floats largerWhere(Mask m, Floats best, Floats v) { return larger(best, where(m, v, best)); }
static inline Ints count(Mask m, Ints counts) { return _mm256_add_epi32(counts, _mm256_srli_epi32(m, 31)); }

static inline Floats load(const float* x) { return _mm256_loadu_ps(x); }
static inline void store(float* y, Floats v) { _mm256_storeu_ps(y, v); }

// 8 logits, or as many as are left, and -Infinity in the other lanes.
static inline Floats load(const float* x, int left) {
  return left >= LANES ? load(x) : where(lanes(left), _mm256_maskload_ps(x, lanes(left)), lowest());
}
static inline Floats loadLast(const float* x, int left) { return load(x, left); }

static inline void storeLast(float* y, int left, Floats v) { left >= LANES ? store(y, v) : _mm256_maskstore_ps(y, lanes(left), v); }
static inline void scaleLast(float* y, int left, Floats by) { storeLast(y, left, by * load(y, left)); }

// For each choice of lanes, those lanes and then any.
struct Permutations {
  uint8_t lanes[256][8] = {};
  constexpr Permutations() {
    for (int m = 0; m < 256; m++)
      for (int lane = 0, count = 0; lane < 8; lane++)
        if (m >> lane & 1) lanes[m][count++] = lane;
  }
};
static constexpr Permutations PERMUTATIONS;

// Appends the logits of some lanes, and their indices, the first of which is i. How many they are.
static inline int append(Mask m, Floats v, int i, float* values, int* ids) {
  uint32_t chosen = bitsOf(m);
  Ints lanes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)PERMUTATIONS.lanes[chosen]));
  store(values, _mm256_permutevar8x32_ps(v, lanes));
  _mm256_storeu_si256((Ints*)ids, _mm256_add_epi32(allInts(i), lanes));
  return __builtin_popcount(chosen);
}

// Coefficients of 2^r for r in [-1/2, 1/2], fitted at the nodes of Chebyshev.
template <int DEGREE>
struct Polynomial;

// An error of at most 1.1e-7.
template <>
struct Polynomial<5> {
  static constexpr float C[6] = {1.00000007545f, 0.69314718803f, 0.24022107485f, 0.05550357114f, 0.00967603192f, 0.00133908634f};
};

// An error of 2.6e-9, and what rounding adds.
template <>
struct Polynomial<6> {
  static constexpr float C[7] = {1.00000000000f, 0.69314720670f, 0.24022650922f, 0.05550327227f,
                                 0.00961805668f, 0.00134004282f, 0.00015461445f};
};

// 2^t for t of at most 0: a sum that rounds t to an integer, the polynomial of what is left, the power of the bits of the sum. The power is
// 0 from -127 on.
template <int DEGREE>
static inline Floats exp2(Floats t) {
  const Floats ROUND = all(0x1.8p23f + 127);
  t = larger(t, all(-127));
  Floats n = t + ROUND, r = t + (ROUND - n);
  Floats p = all(Polynomial<DEGREE>::C[DEGREE]);
#pragma GCC unroll 8
  for (int i = DEGREE - 1; i >= 0; i--) p = fma(p, r, all(Polynomial<DEGREE>::C[i]));
  return p * floats(_mm256_slli_epi32(mask(n), 23));
}

// Row i of 8 vectors becomes column i.
static inline void transpose(Floats* r) {
  Floats t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2f128_ps(u[i], u[4 + i], 0x20);
    r[4 + i] = _mm256_permute2f128_ps(u[i], u[4 + i], 0x31);
  }
}

// Writes K vectors of a lane to a row as rows of K.
template <int K, class Number, class Numbers>
static inline void storeColumns(Number* rows, const Numbers* v) {
  static_assert(K == LANES, "a row is a vector");
  Floats r[K];
  memcpy(r, v, sizeof(r));
  transpose(r);
  memcpy(rows, r, sizeof(r));
}
