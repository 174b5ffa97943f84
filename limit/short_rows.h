// Rows of up to 8,192 logits, in the first or second level of cache: attention, routing, classification.
#pragma once
#include "vectors.h"

namespace brief {
// The variables have names here, as the compiler would keep an array in memory: a good part of the time of a tiny row.
static inline float maximum(const float* x, int n) {
  Floats m0 = lowest(), m1 = m0, m2 = m0, m3 = m0;
  int i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    m0 = larger(m0, load(x + i));
    m1 = larger(m1, load(x + i + LANES));
    m2 = larger(m2, load(x + i + 2 * LANES));
    m3 = larger(m3, load(x + i + 3 * LANES));
  }
  for (; i < n; i += LANES) m0 = larger(m0, loadLast(x + i, n - i));
  return largest(larger(larger(m0, m1), larger(m2, m3)));
}

static int argMax(const float* x, int n) {
  Floats max = all(maximum(x, n));
  int i = 0;
  for (; i + LANES <= n; i += LANES) {
    uint32_t found = bitsOf(equal(load(x + i), max));
    if (found) return i + __builtin_ctz(found);
  }
  return i + __builtin_ctz(bitsOf(equal(loadLast(x + i, n - i), max) & lanes(n - i)) | 1 << LANES);
}

static inline Floats weight(Floats x, Floats a, Floats b) { return exp2<5>(fma(x, a, b)); }

static float logSumExp(const float* x, int n) {
  float max = maximum(x, n);
  Floats a = factor(1), b = shift(max, 1), s0 = none(), s1 = s0;
  int i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    s0 = s0 + weight(load(x + i), a, b);
    s1 = s1 + weight(load(x + i + LANES), a, b);
  }
  for (; i < n; i += LANES) s0 = s0 + weight(loadLast(x + i, n - i), a, b);
  return max + std::log(total(s0 + s1));
}

static void softmax(const float* x, float* y, int n) {
  float max = maximum(x, n);
  Floats a = factor(1), b = shift(max, 1), s[4] = {none(), none(), none(), none()};
  int i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    for (int j = 0; j < 4; j++) {
      Floats e = weight(load(x + i + LANES * j), a, b);
      store(y + i + LANES * j, e);
      s[j] = s[j] + e;
    }
  }
  for (; i < n; i += LANES) {
    Floats e = weight(loadLast(x + i, n - i), a, b);
    storeLast(y + i, n - i, e);
    s[0] = s[0] + e;
  }
  Floats by = all(1 / total((s[0] + s[1]) + (s[2] + s[3])));
  for (i = 0; i < n; i += LANES) scaleLast(y + i, n - i, by);
}

// The best k of a row that fits the registers: the best is taken out k times.
template <int VECTORS>
static inline void fromRegisters(const float* x, int n, int k, int* ids, float* best) {
  Floats v[VECTORS];
  for (int i = 0; i < VECTORS; i++) v[i] = loadLast(x + LANES * i, std::max(0, n - LANES * i));
  for (int j = 0; j < k; j++) {
    Floats m = v[0];
    for (int i = 1; i < VECTORS; i++) m = larger(m, v[i]);
    float max = largest(m);
    uint64_t low = 0, high = 0;
    for (int i = 0; i < VECTORS; i++) {
      uint64_t found = bitsOf(equal(v[i], all(max)));
      if (LANES * i < 64)
        low |= found << (LANES * i);
      else
        high |= found << (LANES * i - 64);
    }
    int at = low ? __builtin_ctzll(low) : 64 + __builtin_ctzll(high);
    ids[j] = at;
    best[j] = max;
    for (int i = 0; i < VECTORS; i++) v[i] = where(lane(at, LANES * i), lowest(), v[i]);
  }
}

// The best k of at most 512, best first, equal ones by id.
static void topK(const float* x, int n, int k, int* ids, float* best) {
  if (n <= 64) return fromRegisters<64 / LANES>(x, n, k, ids, best);
  if (n <= 128) return fromRegisters<128 / LANES>(x, n, k, ids, best);
  alignas(64) float t[512];
  int vectors = (n + LANES - 1) / LANES;
  for (int i = 0; i < vectors; i++) store(t + LANES * i, load(x + LANES * i, n - LANES * i));
  for (int j = 0; j < k; j++) {
    Floats m = lowest();
    for (int i = 0; i < vectors; i++) m = larger(m, load(t + LANES * i));
    float max = largest(m);
    for (int i = 0; i < vectors; i++) {
      Floats v = load(t + LANES * i);
      uint32_t found = bitsOf(equal(v, all(max)));
      if (found) {
        int first = __builtin_ctz(found);
        ids[j] = LANES * i + first;
        best[j] = max;
        store(t + LANES * i, where(lane(first), lowest(), v));
        break;
      }
    }
  }
}
}  // namespace brief
