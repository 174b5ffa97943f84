// Rows of up to 8,192 logits, in the first or second level of cache: attention, routing, classification.
#pragma once
#include "vectors.h"

namespace brief {
// The variables have names here, as the compiler would keep an array in memory: a good part of the time of a tiny row.
static inline float maximum(const float* x, int n) {
  Floats m0 = lowest(), m1 = m0, m2 = m0, m3 = m0;
  int i = 0;
  for (; i + 64 <= n; i += 64) {
    m0 = _mm512_max_ps(m0, _mm512_loadu_ps(x + i));
    m1 = _mm512_max_ps(m1, _mm512_loadu_ps(x + i + 16));
    m2 = _mm512_max_ps(m2, _mm512_loadu_ps(x + i + 32));
    m3 = _mm512_max_ps(m3, _mm512_loadu_ps(x + i + 48));
  }
  for (; i < n; i += 16) m0 = _mm512_max_ps(m0, _mm512_mask_loadu_ps(lowest(), lanes(n - i), x + i));
  return _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(m0, m1), _mm512_max_ps(m2, m3)));
}

static int argMax(const float* x, int n) {
  Floats max = all(maximum(x, n));
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    __mmask16 equal = _mm512_cmp_ps_mask(_mm512_loadu_ps(x + i), max, _CMP_EQ_OQ);
    if (equal) return i + __builtin_ctz(equal);
  }
  __mmask16 m = lanes(n - i);
  return i + __builtin_ctz(_mm512_mask_cmp_ps_mask(m, _mm512_maskz_loadu_ps(m, x + i), max, _CMP_EQ_OQ) | 1 << 16);
}

static inline Floats weight(Floats x, Floats a, Floats b) { return exp2<5>(_mm512_fmadd_ps(x, a, b)); }

static float logSumExp(const float* x, int n) {
  float max = maximum(x, n);
  Floats a = factor(1), b = shift(max, 1), s0 = none(), s1 = s0;
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    s0 = _mm512_add_ps(s0, weight(_mm512_loadu_ps(x + i), a, b));
    s1 = _mm512_add_ps(s1, weight(_mm512_loadu_ps(x + i + 16), a, b));
  }
  for (; i < n; i += 16) s0 = _mm512_add_ps(s0, weight(_mm512_mask_loadu_ps(lowest(), lanes(n - i), x + i), a, b));
  return max + std::log(_mm512_reduce_add_ps(_mm512_add_ps(s0, s1)));
}

static void softmax(const float* x, float* y, int n) {
  float max = maximum(x, n);
  Floats a = factor(1), b = shift(max, 1), s[4] = {none(), none(), none(), none()};
  int i = 0;
  for (; i + 64 <= n; i += 64) {
    for (int j = 0; j < 4; j++) {
      Floats e = weight(_mm512_loadu_ps(x + i + 16 * j), a, b);
      _mm512_storeu_ps(y + i + 16 * j, e);
      s[j] = _mm512_add_ps(s[j], e);
    }
  }
  for (; i < n; i += 16) {
    __mmask16 m = lanes(n - i);
    Floats e = weight(_mm512_mask_loadu_ps(lowest(), m, x + i), a, b);
    _mm512_mask_storeu_ps(y + i, m, e);
    s[0] = _mm512_add_ps(s[0], e);
  }
  Floats by = all(1 / _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(s[0], s[1]), _mm512_add_ps(s[2], s[3]))));
  for (i = 0; i < n; i += 16) {
    __mmask16 m = lanes(n - i);
    _mm512_mask_storeu_ps(y + i, m, _mm512_mul_ps(by, _mm512_maskz_loadu_ps(m, y + i)));
  }
}

// The best k of a row that fits the registers: the best is taken out k times.
template <int VECTORS>
static inline void fromRegisters(const float* x, int n, int k, int* ids, float* best) {
  Floats v[VECTORS];
  for (int i = 0; i < VECTORS; i++) v[i] = _mm512_mask_loadu_ps(lowest(), n - 16 * i > 0 ? lanes(n - 16 * i) : 0, x + 16 * i);
  for (int j = 0; j < k; j++) {
    Floats m = v[0];
    for (int i = 1; i < VECTORS; i++) m = _mm512_max_ps(m, v[i]);
    float max = _mm512_reduce_max_ps(m);
    uint64_t low = 0, high = 0;
    for (int i = 0; i < VECTORS; i++) {
      uint64_t equal = _mm512_cmp_ps_mask(v[i], all(max), _CMP_EQ_OQ);
      if (i < 4)
        low |= equal << (16 * i);
      else
        high |= equal << (16 * (i - 4));
    }
    int at = low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high);
    ids[j] = at;
    best[j] = max;
    for (int i = 0; i < VECTORS; i++) v[i] = _mm512_mask_mov_ps(v[i], at >> 4 == i ? (__mmask16)(1u << (at & 15)) : 0, lowest());
  }
}

// The best k of at most 512, best first, equal ones by id.
static void topK(const float* x, int n, int k, int* ids, float* best) {
  if (n <= 64) return fromRegisters<4>(x, n, k, ids, best);
  if (n <= 128) return fromRegisters<8>(x, n, k, ids, best);
  alignas(64) float t[512];
  int vectors = (n + 15) / 16;
  for (int i = 0; i < vectors; i++) _mm512_store_ps(t + 16 * i, load(x + 16 * i, n - 16 * i));
  for (int j = 0; j < k; j++) {
    Floats m = lowest();
    for (int i = 0; i < vectors; i++) m = _mm512_max_ps(m, _mm512_load_ps(t + 16 * i));
    float max = _mm512_reduce_max_ps(m);
    for (int i = 0; i < vectors; i++) {
      Floats v = _mm512_load_ps(t + 16 * i);
      __mmask16 equal = _mm512_cmp_ps_mask(v, all(max), _CMP_EQ_OQ);
      if (equal) {
        int lane = __builtin_ctz(equal);
        ids[j] = 16 * i + lane;
        best[j] = max;
        _mm512_store_ps(t + 16 * i, _mm512_mask_mov_ps(v, 1u << lane, lowest()));
        break;
      }
    }
  }
}
}  // namespace brief
