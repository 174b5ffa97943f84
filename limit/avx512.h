// Vectors of 16 floats, and masks of 16 bits: AVX-512.
#pragma once
#include <immintrin.h>

#include <cmath>
#include <cstdint>

typedef __m512 Floats;
typedef __m512i Ints;
typedef __mmask16 Mask;

constexpr int LANES = 16;

static inline Floats all(float value) { return _mm512_set1_ps(value); }
static inline Ints allInts(int value) { return _mm512_set1_epi32(value); }
static inline Floats none() { return _mm512_setzero_ps(); }
static inline Floats lowest() { return all(-INFINITY); }

// The indices of 16 logits.
static inline Ints indices(int first) {
  return _mm512_add_epi32(allInts(first), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

static inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
static inline Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
static inline float largest(Floats v) { return _mm512_reduce_max_ps(v); }
static inline float total(Floats v) { return _mm512_reduce_add_ps(v); }
static inline int total(Ints v) { return _mm512_reduce_add_epi32(v); }

// The lanes of the last vector of a row, n logits before its end.
static inline Mask lanes(int n) { return n >= 16 ? 0xFFFF : (Mask)((1u << n) - 1); }

// A lane, and that of a logit if it is one of the 16 from first on.
static inline Mask lane(int i) { return (Mask)(1u << i); }
static inline Mask lane(int at, int first) { return at >> 4 == first >> 4 ? lane(at & 15) : 0; }

// The tokens from i on that a mask of a bit for each allows.
static inline Mask allowed(const uint64_t* mask, int i) { return (Mask)(mask[i >> 6] >> (i & 63)); }

static inline Mask equal(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline Mask above(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
static inline Mask atLeast(Floats a, Floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
static inline uint32_t bitsOf(Mask m) { return m; }

static inline Floats where(Mask m, Floats v, Floats other) { return _mm512_mask_mov_ps(other, m, v); }
static inline Ints where(Mask m, Ints v, Ints other) { return _mm512_mask_mov_epi32(other, m, v); }
static inline Floats only(Mask m, Floats v) { return _mm512_maskz_mov_ps(m, v); }
static inline Floats addWhere(Mask m, Floats sum, Floats v) { return _mm512_mask_add_ps(sum, m, sum, v); }
static inline Floats largerWhere(Mask m, Floats best, Floats v) { return _mm512_mask_max_ps(best, m, best, v); }
static inline Ints count(Mask m, Ints counts) { return _mm512_mask_add_epi32(counts, m, counts, allInts(1)); }

static inline Floats load(const float* x) { return _mm512_loadu_ps(x); }
static inline void store(float* y, Floats v) { _mm512_storeu_ps(y, v); }

// 16 logits, or as many as are left, and -Infinity in the other lanes; loadLast without a branch.
static inline Floats loadLast(const float* x, int left) { return _mm512_mask_loadu_ps(lowest(), lanes(left), x); }
static inline Floats load(const float* x, int left) { return left >= 16 ? load(x) : loadLast(x, left); }

static inline void storeLast(float* y, int left, Floats v) { _mm512_mask_storeu_ps(y, lanes(left), v); }
static inline void scaleLast(float* y, int left, Floats by) {
  Mask m = lanes(left);
  _mm512_mask_storeu_ps(y, m, _mm512_mul_ps(by, _mm512_maskz_loadu_ps(m, y)));
}

// Appends the logits of some lanes, and their indices, the first of which is i. How many they are.
static inline int append(Mask m, Floats v, int i, float* values, int* ids) {
  _mm512_storeu_ps(values, _mm512_maskz_compress_ps(m, v));
  _mm512_storeu_si512(ids, _mm512_maskz_compress_epi32(m, indices(i)));
  return __builtin_popcount(m);
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
  for (int i = DEGREE - 1; i >= 0; i--) p = fma(p, r, all(Polynomial<DEGREE>::C[i]));
  return _mm512_scalef_ps(p, t);
}

// Row i of 16 vectors becomes column i.
static inline void transpose(Floats* r) {
  auto doubles = [](Floats a) { return _mm512_castps_pd(a); };
  auto floats = [](__m512d a) { return _mm512_castpd_ps(a); };
  Floats t[16], u[16];
  for (int i = 0; i < 8; i++) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    u[i] = floats(_mm512_unpacklo_pd(doubles(t[i]), doubles(t[i + 2])));
    u[i + 1] = floats(_mm512_unpackhi_pd(doubles(t[i]), doubles(t[i + 2])));
    u[i + 2] = floats(_mm512_unpacklo_pd(doubles(t[i + 1]), doubles(t[i + 3])));
    u[i + 3] = floats(_mm512_unpackhi_pd(doubles(t[i + 1]), doubles(t[i + 3])));
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_f32x4(u[i], u[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_f32x4(u[i], u[4 + i], 0xdd);
    t[8 + i] = _mm512_shuffle_f32x4(u[8 + i], u[12 + i], 0x88);
    t[12 + i] = _mm512_shuffle_f32x4(u[8 + i], u[12 + i], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0x88);
    r[8 + i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0xdd);
    r[4 + i] = _mm512_shuffle_f32x4(t[4 + i], t[12 + i], 0x88);
    r[12 + i] = _mm512_shuffle_f32x4(t[4 + i], t[12 + i], 0xdd);
  }
}

// Writes K vectors of a lane to a row as rows of K.
template <int K>
static inline void storeColumns(float* rows, const Floats* v) {
  Ints place = _mm512_mullo_epi32(indices(0), allInts(K));
  for (int j = 0; j < K; j++) _mm512_i32scatter_ps(rows + j, place, v[j], 4);
}
template <int K>
static inline void storeColumns(int* rows, const Ints* v) {
  Ints place = _mm512_mullo_epi32(indices(0), allInts(K));
  for (int j = 0; j < K; j++) _mm512_i32scatter_epi32(rows + j, place, v[j], 4);
}
