// Rows with a mask: a bit for each token says whether it is allowed.
#pragma once
#include <vector>

#include "vectors.h"

struct Masked {
  const uint64_t* mask;
  int n;
  std::vector<int> ids;
  std::vector<float> values, e;

  Masked(const uint64_t* mask, int n) : mask(mask), n(n), ids(n + 64), values(n + 64), e(n + 64) {}

  __mmask16 bits(int i) const { return (__mmask16)(mask[i >> 6] >> (i & 63)); }

  // The whole row is read, and a bit says whether a lane counts.
  int greedy(const float* x) const {
    const int BLOCK = 2048;
    float best = -INFINITY;
    int at = -1;
    for (int b = 0; b < n; b += BLOCK) {
      int end = std::min(n, b + BLOCK), i = b;
      Floats m0 = lowest(), m1 = lowest();
      for (; i + 32 <= end; i += 32) {
        m0 = _mm512_mask_max_ps(m0, bits(i), m0, _mm512_loadu_ps(x + i));
        m1 = _mm512_mask_max_ps(m1, bits(i + 16), m1, _mm512_loadu_ps(x + i + 16));
      }
      for (; i < end; i += 16) m0 = _mm512_mask_max_ps(m0, lanes(end - i) & bits(i), m0, load(x + i, end - i));
      float max = _mm512_reduce_max_ps(_mm512_max_ps(m0, m1));
      if (max > best) {
        best = max;
        at = b;
      }
    }
    for (int i = at, end = std::min(n, at + BLOCK); i >= 0 && i < end; i += 16) {
      __mmask16 equal = _mm512_mask_cmp_ps_mask(lanes(end - i) & bits(i), load(x + i, end - i), all(best), _CMP_EQ_OQ);
      if (equal) return i + __builtin_ctz(equal);
    }
    return -1;
  }

  int draw(const float* x, float inverse, double uniform) {
    const int BLOCK = 2048, MOST = 256;
    float sums[MOST], maxima[MOST], max = -INFINITY;
    int blocks = 0;
    for (int b = 0; b < n; b += BLOCK, blocks++) {
      int end = std::min(n, b + BLOCK);
      Floats m = lowest();
      for (int i = b; i < end; i += 16) m = _mm512_mask_max_ps(m, lanes(end - i) & bits(i), m, load(x + i, end - i));
      max = std::max(max, _mm512_reduce_max_ps(m));
      maxima[blocks] = max;
      sums[blocks] = max == -INFINITY ? 0 : block<false>(x, b, end, inverse, max);
    }
    double sum = 0;
    for (int b = 0; b < blocks; b++) {
      if (maxima[b] != max) sums[b] *= std::exp((maxima[b] - max) * inverse);
      sum += sums[b];
    }
    double u = uniform * sum;
    int b = 0;
    for (; b < blocks - 1 && u >= sums[b]; b++) u -= sums[b];
    int end = std::min(n, (b + 1) * BLOCK), last = -1;
    block<true>(x, b * BLOCK, end, inverse, max);
    double mass = 0;
    for (int i = b * BLOCK; i < end; i++) {
      float w = e[i - b * BLOCK];
      if (w > 0) last = i;
      mass += w;
      if (u < mass) return i;
    }
    return last;
  }

  template <bool STORE>
  float block(const float* x, int from, int to, float inverse, float max) {
    Floats a = factor(inverse), b = shift(max, inverse), s0 = none(), s1 = none();
    auto weigh = [&](int i, __mmask16 m, Floats v) {
      Floats w = _mm512_maskz_mov_ps(m, exp2<5>(_mm512_fmadd_ps(v, a, b)));
      if (STORE) _mm512_storeu_ps(e.data() + i - from, w);
      return w;
    };
    int i = from;
    for (; i + 32 <= to; i += 32) {
      s0 = _mm512_add_ps(s0, weigh(i, bits(i), _mm512_loadu_ps(x + i)));
      s1 = _mm512_add_ps(s1, weigh(i + 16, bits(i + 16), _mm512_loadu_ps(x + i + 16)));
    }
    for (; i < to; i += 16) s0 = _mm512_add_ps(s0, weigh(i, lanes(to - i) & bits(i), load(x + i, to - i)));
    return _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
  }

  // Where few are allowed: the words of the mask, and the logits of their bits.
  int gather(const float* x) {
    int count = 0;
    for (int w = 0; w < (n + 63) / 64; w++)
      for (uint64_t left = mask[w]; left; left &= left - 1) {
        int i = 64 * w + __builtin_ctzll(left);
        ids[count] = i;
        values[count++] = x[i];
      }
    return count;
  }

  int greedyOfFew(const float* x) {
    int count = gather(x);
    return ids[place(values.data(), 0, count, maximum<4>(values.data(), count))];
  }

  int drawOfFew(const float* x, float inverse, double uniform) {
    int count = gather(x);
    float max = maximum<4>(values.data(), count);
    double u = uniform * _mm512_reduce_add_ps(weights<5, true, 2>(values.data(), e.data(), count, factor(inverse), shift(max, inverse)));
    double mass = 0;
    for (int i = 0; i < count; i++) {
      mass += e[i];
      if (u < mass) return ids[i];
    }
    return ids[count - 1];
  }
};
