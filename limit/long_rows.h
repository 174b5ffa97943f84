// Rows of a vocabulary, which come from the second or the last level of cache.
#pragma once
#include <cstring>
#include <functional>
#include <vector>

#include "vectors.h"

// Sums of the weights: 64, for their rounding too.
constexpr int WAYS = 64 / LANES;

// The best block of 2,048, then the place in it.
static int argMax(const float* x, int n) {
  const int BLOCK = 2048;
  float best = -INFINITY;
  int at = 0;
  for (int b = 0; b < n; b += BLOCK) {
    float max = maximum<8>(x + b, std::min(BLOCK, n - b));
    if (max > best) {
      best = max;
      at = b;
    }
  }
  return place(x, at, std::min(n, at + BLOCK), best);
}

// Two passes: the maximum, then the sum of the weights.
static float logSumExp(const float* x, int n) {
  float max = maximum<8>(x, n);
  return max + std::log(total(weights<6, false, WAYS>(x, nullptr, n, factor(1), shift(max, 1))));
}

static void scale(float* y, int n, Floats by) {
  int i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES)
    for (int j = 0; j < 4; j++) store(y + i + LANES * j, by * load(y + i + LANES * j));
  for (; i < n; i += LANES) scaleLast(y + i, n - i, by);
}

// Three passes: the maximum, the weights with their sum, the scaling.
static void softmax(const float* x, float* y, int n) {
  float max = maximum<8>(x, n);
  float sum = total(weights<5, true, WAYS>(x, y, n, factor(1), shift(max, 1)));
  scale(y, n, all(1 / sum));
}

// Integers that order as floats do.
static inline uint32_t ordered(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return u ^ ((uint32_t)((int32_t)u >> 31) | 0x80000000u);
}
static inline float unordered(uint32_t key) {
  uint32_t u = key & 0x80000000u ? key ^ 0x80000000u : ~key;
  float f;
  memcpy(&f, &u, 4);
  return f;
}

// The maxima of strips, a bar that at least k of them reach, the strips that reach it again, and a sort of what is left.
struct TopK {
  std::vector<float> maxima, values;
  std::vector<int> ids;
  std::vector<uint64_t> keys;

  explicit TopK(int n) : maxima(n + 64), values(n + 64), ids(n + 64), keys(n + 64) {}

  static int reach(const float* p, int vectors, float bar) {
    Ints counts = allInts(0);
    for (int i = 0; i < vectors; i++) counts = count(atLeast(load(p + LANES * i), all(bar)), counts);
    return total(counts);
  }

  // The best k, best first.
  void run(const float* x, int n, int k, int* bestIds, float* best) {
    int width = std::max(2, std::min(32, n / LANES / std::max(64, k / 4)));  // vectors to a strip
    while (width > 2 && n / width < 4 * k) width /= 2;
    int step = LANES * width, strips = 0, end = 0;
    Floats all0 = lowest();
    for (; end + step <= n; end += step, strips++) {
      Floats m0 = load(x + end), m1 = load(x + end + LANES);
      for (int j = 2; j + 1 < width; j += 2) {
        m0 = larger(m0, load(x + end + LANES * j));
        m1 = larger(m1, load(x + end + LANES * j + LANES));
      }
      if (width & 1) m0 = larger(m0, load(x + end + LANES * (width - 1)));
      m0 = larger(m0, m1);
      all0 = larger(all0, m0);
      store(maxima.data() + LANES * strips, m0);
    }
    float bar = threshold(strips, k, largest(all0));
    int count = 0;
    auto collect = [&](int from, int to) {
      for (int i = from; i < to; i += LANES) {
        Floats v = load(x + i, to - i);
        Mask m = atLeast(v, all(bar));
        if (bitsOf(m)) count += append(m, v, i, values.data() + count, ids.data() + count);
      }
    };
    for (int s = 0; s < strips; s++)
      if (bitsOf(atLeast(load(maxima.data() + LANES * s), all(bar)))) collect(s * step, s * step + step);
    collect(end, n);
    while (count && ids[count - 1] >= n) count--;  // the lanes behind the row, if the bar is -Infinity
    for (int j = 0; j < count; j++) keys[j] = ((uint64_t)ordered(values[j]) << 32) | (uint32_t)~ids[j];
    if (count > 2 * k) {
      std::nth_element(keys.data(), keys.data() + k, keys.data() + count, std::greater<uint64_t>());
      count = k;
    }
    std::sort(keys.data(), keys.data() + count, std::greater<uint64_t>());
    for (int j = 0; j < k; j++) {
      bestIds[j] = (int)~(uint32_t)keys[j];
      best[j] = unordered((uint32_t)(keys[j] >> 32));
    }
  }

  // A bar that at least k of the maxima reach, and not many more: steps down from the best, then halving.
  float threshold(int strips, int k, float max) {
    float low = -INFINITY, high = max, down = 1;
    int count = LANES * strips;
    for (int i = 0; i < 8 && low == -INFINITY; i++, down *= 2) {
      int c = reach(maxima.data(), strips, max - down);
      if (c >= k) {
        low = max - down;
        count = c;
      }
    }
    for (int i = 0; low > -INFINITY && i < 12 && count > k + k / 8 + 2; i++) {
      float middle = 0.5f * (low + high);
      int c = reach(maxima.data(), strips, middle);
      if (c >= k) {
        low = middle;
        count = c;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

// Top-k 40, top-p 0.95, min-p 0.05, temperature 0.8, to a token.
static int chain(TopK& topK, const float* x, int n, double u) {
  const int K = 40;
  int ids[K];
  float values[K], p[K];
  topK.run(x, n, K, ids, values);
  float sum = 0;
  for (int i = 0; i < K; i++) sum += p[i] = std::exp(values[i] - values[0]);
  float mass = 0;
  int kept = K;
  for (int i = 0; i < K; i++) {
    mass += p[i];
    if (mass >= 0.95f * sum) {
      kept = i + 1;
      break;
    }
  }
  float least = values[0] + std::log(0.05f);
  int q = 1;
  while (q < kept && values[q] >= least) q++;
  sum = 0;
  for (int i = 0; i < q; i++) sum += p[i] = std::exp((values[i] - values[0]) / 0.8f);
  float target = (float)u * sum;
  mass = 0;
  for (int i = 0; i < q; i++) {
    mass += p[i];
    if (target < mass) return ids[i];
  }
  return ids[q - 1];
}

// A token from the whole row: sums of blocks at the maximum so far, then the block that the token is in again.
static int draw(const float* x, int n, float inverse, double uniform) {
  const int BLOCK = 2048, MOST = 256;
  float sums[MOST], maxima[MOST], max = -INFINITY;
  int blocks = 0;
  for (int b = 0; b < n; b += BLOCK, blocks++) {
    int length = std::min(BLOCK, n - b);
    max = std::max(max, maximum<8>(x + b, length));
    maxima[blocks] = max;
    sums[blocks] = total(weights<5, false, WAYS>(x + b, nullptr, length, factor(inverse), shift(max, inverse)));
  }
  double sum = 0;
  for (int b = 0; b < blocks; b++) {
    if (maxima[b] != max) sums[b] *= std::exp((maxima[b] - max) * inverse);
    sum += sums[b];
  }
  double u = uniform * sum;
  int b = 0;
  for (; b < blocks - 1 && u >= sums[b]; b++) u -= sums[b];
  float e[BLOCK];
  int length = std::min(BLOCK, n - b * BLOCK);
  weights<5, true, WAYS>(x + b * BLOCK, e, length, factor(inverse), shift(max, inverse));
  double mass = 0;
  int i = 0;
  for (; i + LANES <= length; i += LANES) {
    float s = total(load(e + i));
    if (u < mass + s) break;
    mass += s;
  }
  for (; i < length; i++) {
    mass += e[i];
    if (u < mass) return b * BLOCK + i;
  }
  return b * BLOCK + length - 1;
}

// The total, then the tokens near the maximum, then a bar for their weights by halving, then the draw.
struct TopP {
  std::vector<float> values, e;
  std::vector<int> ids;

  explicit TopP(int n) : values(n + 64), e(n + 64), ids(n + 64) {}

  int near(const float* x, int n, float bar) {
    int count = 0;
    auto add = [&](Mask m, Floats v, int i) { count += append(m, v, i, values.data() + count, ids.data() + count); };
    int i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
      Floats v0 = load(x + i), v1 = load(x + i + LANES);
      Mask m0 = atLeast(v0, all(bar)), m1 = atLeast(v1, all(bar));
      if (bitsOf(m0 | m1)) {
        add(m0, v0, i);
        add(m1, v1, i + LANES);
      }
    }
    for (; i < n; i += LANES) {
      Floats v = load(x + i, n - i);
      add(atLeast(v, all(bar)) & lanes(n - i), v, i);
    }
    return count;
  }

  // A token; size is that of the nucleus.
  int run(const float* x, int n, float p, float inverse, double uniform, int* size) {
    float max = maximum<8>(x, n);
    Floats a = factor(inverse), b = shift(max, inverse);
    double target = p * (double)total(weights<5, false, WAYS>(x, nullptr, n, a, b));
    float cut = 6;
    int count;
    for (;;) {
      count = near(x, n, max - cut / inverse);
      double mass = total(weights<5, true, WAYS>(values.data(), e.data(), count, a, b));
      if (mass >= target * 1.000001 || count == n) break;
      cut = cut > 97 ? 1e9f : cut + 3;
    }
    for (int j = 0; j < LANES; j++) e[count + j] = 0;
    int vectors = (count + LANES - 1) / LANES;
    uint32_t low = bits(std::exp(-cut) * 0.5f), high = bits(1);
    while (high - low > 1) {
      uint32_t middle = low + (high - low) / 2;
      (massFrom(vectors, ofBits(middle)) >= target ? low : high) = middle;
    }
    float bar = ofBits(low);
    double u = uniform * massFrom(vectors, bar), mass = 0;
    if (size) *size = std::count_if(e.begin(), e.begin() + count, [&](float w) { return w >= bar; });
    for (int j = 0; j < vectors; j++) {
      Floats v = load(e.data() + LANES * j);
      Mask m = atLeast(v, all(bar));
      uint32_t kept = bitsOf(m);
      if (!kept) continue;
      float s = total(only(m, v));
      if (u >= mass + s) {
        mass += s;
        continue;
      }
      for (int l = 0; l < LANES; l++)
        if (kept >> l & 1) {
          mass += e[LANES * j + l];
          if (u < mass) return ids[LANES * j + l];
        }
    }
    return ids[0];
  }

  float massFrom(int vectors, float bar) {
    Floats s = none();
    for (int j = 0; j < vectors; j++) {
      Floats v = load(e.data() + LANES * j);
      s = addWhere(atLeast(v, all(bar)), s, v);
    }
    return total(s);
  }

  static uint32_t bits(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
  }
  static float ofBits(uint32_t u) {
    float f;
    memcpy(&f, &u, 4);
    return f;
  }
};
