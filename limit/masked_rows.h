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

  Mask allowed(int i) const { return ::allowed(mask, i); }

  float maximum(const float* x, int from, int to) const {
    Floats m0 = lowest(), m1 = lowest();
    int i = from;
    for (; i + 2 * LANES <= to; i += 2 * LANES) {
      m0 = largerWhere(allowed(i), m0, load(x + i));
      m1 = largerWhere(allowed(i + LANES), m1, load(x + i + LANES));
    }
    for (; i < to; i += LANES) m0 = largerWhere(allowed(i), m0, load(x + i, to - i));
    return largest(larger(m0, m1));
  }

  // The whole row is read, and a bit says whether a lane counts.
  int greedy(const float* x) const {
    const int BLOCK = 2048;
    float best = -INFINITY;
    int at = -1;
    for (int b = 0; b < n; b += BLOCK) {
      float max = maximum(x, b, std::min(n, b + BLOCK));
      if (max > best) {
        best = max;
        at = b;
      }
    }
    for (int i = at, end = std::min(n, at + BLOCK); i >= 0 && i < end; i += LANES) {
      uint32_t found = bitsOf(equal(load(x + i, end - i), all(best)) & allowed(i));
      if (found) return i + __builtin_ctz(found);
    }
    return -1;
  }

  int draw(const float* x, float inverse, double uniform) {
    const int BLOCK = 2048, MOST = 256;
    float sums[MOST], maxima[MOST], max = -INFINITY;
    int blocks = 0;
    for (int b = 0; b < n; b += BLOCK, blocks++) {
      int end = std::min(n, b + BLOCK);
      max = std::max(max, maximum(x, b, end));
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
    auto weigh = [&](int i, Mask m, Floats v) {
      Floats w = only(m, exp2<5>(fma(v, a, b)));
      if (STORE) store(e.data() + i - from, w);
      return w;
    };
    int i = from;
    for (; i + 2 * LANES <= to; i += 2 * LANES) {
      s0 = s0 + weigh(i, allowed(i), load(x + i));
      s1 = s1 + weigh(i + LANES, allowed(i + LANES), load(x + i + LANES));
    }
    for (; i < to; i += LANES) s0 = s0 + weigh(i, allowed(i), load(x + i, to - i));
    return total(s0 + s1);
  }

  // Where few are allowed: the words of the mask, and the logits of their bits.
  int gather(const float* x) {
    const uint64_t* mask = this->mask;
    int count = 0;
    for (int w = 0, words = (n + 63) / 64; w < words; w++)
      for (uint64_t left = mask[w]; left; left &= left - 1) {
        int i = 64 * w + __builtin_ctzll(left);
        ids[count] = i;
        values[count++] = x[i];
      }
    return count;
  }

  int greedyOfFew(const float* x) {
    int count = gather(x);
    return ids[place(values.data(), 0, count, ::maximum<4>(values.data(), count))];
  }

  int drawOfFew(const float* x, float inverse, double uniform) {
    int count = gather(x);
    float max = ::maximum<4>(values.data(), count);
    double u = uniform * total(weights<5, true, 2>(values.data(), e.data(), count, factor(inverse), shift(max, inverse)));
    double mass = 0;
    for (int i = 0; i < count; i++) {
      mass += e[i];
      if (u < mass) return ids[i];
    }
    return ids[count - 1];
  }
};
