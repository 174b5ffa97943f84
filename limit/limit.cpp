// The limit: what loops written by hand with AVX-512, or else with AVX2, reach on this machine. bin/limit builds this program and asks it
// by turns with the library.
//
//   limit ROWS COUNT LENGTH [MASK]
//
// ROWS is a file of COUNT rows of LENGTH floats, MASK one of a bit for each token in words of 64 bits; all little-endian. The program
// checks its own results, writes "ready", and then answers each line
//
//   WORKLOAD CALLS MILLISECONDS
//
// with the nanoseconds of one call: the median of bursts of so many calls, for so long. Each call takes the next row. Routing takes 16 rows
// together, and its nanoseconds are those of one of them.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "long_rows.h"
#include "masked_rows.h"
#include "routing.h"
#include "short_rows.h"

// Up to here a row counts as short, and the short rows' loops are asked.
constexpr int SHORT = 8192;

// Experts that a token is routed to.
constexpr int CHOSEN = 8;

static std::vector<char> read(const char* name, size_t bytes, size_t room) {
  std::vector<char> data(bytes + room);
  FILE* file = fopen(name, "rb");
  if (!file || fread(data.data(), 1, bytes, file) != bytes) {
    fprintf(stderr, "limit: %s is not there, or too short\n", name);
    exit(2);
  }
  fclose(file);
  return data;
}

// Rows that begin at a line of the cache.
static float* rowsOf(const char* name, size_t floats) {
  std::vector<char> data = read(name, 4 * floats, 0);
  void* rows;
  if (posix_memalign(&rows, 64, 4 * floats + 256)) abort();
  memcpy(rows, data.data(), 4 * floats);
  return (float*)rows;
}

// The compiler has to take these as used.
template <class T>
static inline void keep(T const& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

struct Limit {
  float* x;
  int count, n;
  float* y;
  Random random;
  TopK topK;
  TopP topP;
  Masked masked;
  std::vector<int> ids;
  std::vector<float> best;

  Limit(float* x, int count, int n, const uint64_t* mask)
      : x(x), count(count), n(n), topK(n), topP(n), masked(mask, n), ids(2048), best(2048) {
    void* out;
    if (posix_memalign(&out, 64, 4 * (size_t)count * n + 256)) abort();
    memset(out, 0, 4 * (size_t)count * n);
    y = (float*)out;
  }

  // The median of bursts; before them every row once. A call may take some rows together, which divide the calls and the rows.
  template <class Call>
  double median(int calls, double milliseconds, Call call, int together = 1) {
    typedef std::chrono::steady_clock Clock;
    const ptrdiff_t length = (ptrdiff_t)n * together, step = n <= SHORT ? length : 0;  // the output of long rows is one row
    const float *from = x, *end = x + (ptrdiff_t)n * count;
    float* to = y;
    auto burst = [&](int calls) {
      for (int i = 0; i < calls; i += together) {
        call(from, to);
        from += length;
        to += step;
        if (from == end) {
          from = x;
          to = y;
        }
      }
    };
    burst(count);
    std::vector<double> times;
    auto start = Clock::now(), before = start;
    do {
      before = Clock::now();
      burst(calls);
      times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - before).count() / calls);
    } while (std::chrono::duration<double, std::milli>(Clock::now() - start).count() < milliseconds);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

  double time(const std::string& what, int calls, double ms) {
    const int n = this->n;
    if (n <= SHORT) {
      if (what == "argMax") return median(calls, ms, [&](const float* x, float*) { keep(brief::argMax(x, n)); });
      if (what == "logSumExp") return median(calls, ms, [&](const float* x, float*) { keep(brief::logSumExp(x, n)); });
      if (what == "softmax") return median(calls, ms, [&](const float* x, float* y) { brief::softmax(x, y, n), keep(y); });
      if (what == "topK8" && n <= 512)
        return median(calls, ms, [&](const float* x, float*) { brief::topK(x, n, 8, ids.data(), best.data()), keep(ids.data()); });
      if (what == "route8" && isRouted() && calls % brief::ROUTED == 0)
        return median(
            calls, ms, [&](const float* x, float*) { brief::route<CHOSEN>(x, n, ids.data(), best.data()), keep(ids.data()); },
            brief::ROUTED);
      return -1;
    }
    const float T08 = 1.25f;  // 1 / 0.8
    if (what == "argMax") return median(calls, ms, [&](const float* x, float*) { keep(argMax(x, n)); });
    if (what == "logSumExp") return median(calls, ms, [&](const float* x, float*) { keep(logSumExp(x, n)); });
    if (what == "softmax") return median(calls, ms, [&](const float* x, float*) { softmax(x, y, n), keep(y); });
    if (what == "topK40" || what == "topK1000") {
      int k = std::stoi(what.substr(4));
      return median(calls, ms, [&](const float* x, float*) { topK.run(x, n, k, ids.data(), best.data()), keep(ids.data()); });
    }
    if (what == "chain") return median(calls, ms, [&](const float* x, float*) { keep(chain(topK, x, n, random.next())); });
    if (what == "draw") return median(calls, ms, [&](const float* x, float*) { keep(draw(x, n, T08, random.next())); });
    if (what == "topP90Token")
      return median(calls, ms, [&](const float* x, float*) { keep(topP.run(x, n, 0.9f, 1, random.next(), nullptr)); });
    if (!masked.mask) return -1;
    if (what == "greedyMasked") return median(calls, ms, [&](const float* x, float*) { keep(masked.greedy(x)); });
    if (what == "greedyGathered") return median(calls, ms, [&](const float* x, float*) { keep(masked.greedyOfFew(x)); });
    if (what == "drawMasked") return median(calls, ms, [&](const float* x, float*) { keep(masked.draw(x, T08, random.next())); });
    if (what == "drawGathered") return median(calls, ms, [&](const float* x, float*) { keep(masked.drawOfFew(x, T08, random.next())); });
    return -1;
  }

  // Whether these may be experts: whole vectors, and rows for whole calls.
  bool isRouted() const { return n <= 512 && n % LANES == 0 && count % brief::ROUTED == 0; }

  static void demand(bool holds, const char* what) {
    if (!holds) {
      fprintf(stderr, "limit: %s gives a wrong result\n", what);
      exit(3);
    }
  }

  // Results that are wrong would be no limit.
  void check(const float* x) {
    bool isShort = n <= SHORT;
    int first = std::max_element(x, x + n) - x;
    demand((isShort ? brief::argMax(x, n) : argMax(x, n)) == first, "argMax");
    std::vector<double> p(n);
    double sum = 0;
    for (int i = 0; i < n; i++) sum += p[i] = std::exp((double)x[i] - x[first]);
    demand(std::fabs((isShort ? brief::logSumExp(x, n) : logSumExp(x, n)) - x[first] - std::log(sum)) < 1e-5, "logSumExp");
    isShort ? brief::softmax(x, y, n) : softmax(x, y, n);
    for (int i = 0; i < n; i++) demand(std::fabs(y[i] - p[i] / sum) <= 2e-5 * p[i] / sum + 1e-30, "softmax");
    std::vector<float> sorted(x, x + n);
    std::sort(sorted.begin(), sorted.end(), std::greater<float>());
    for (int k : isShort ? std::vector<int>{8} : std::vector<int>{40, 1000}) {
      if (isShort && n > 512) continue;
      isShort ? brief::topK(x, n, k, ids.data(), best.data()) : topK.run(x, n, k, ids.data(), best.data());
      for (int i = 0; i < k; i++) demand(best[i] == sorted[i] && x[ids[i]] == sorted[i], "topK");
    }
    if (isShort) return;
    int nucleus = 0, size;
    double mass = 0;
    while (mass < 0.9 * sum) mass += std::exp((double)sorted[nucleus++] - x[first]);
    topP.run(x, n, 0.9f, 1, 0.5, &size);
    demand(std::abs(size - nucleus) <= 1 + nucleus / 1000, "topP90Token");
    demand(isDrawn(draw(x, n, 1.25f, 0.5), x, nullptr), "draw");
    if (!masked.mask) return;
    int allowed = -1;
    for (int i = 0; i < n; i++)
      if (masked.mask[i >> 6] >> (i & 63) & 1 && (allowed < 0 || x[i] > x[allowed])) allowed = i;
    demand(masked.greedy(x) == allowed, "greedyMasked");
    demand(masked.greedyOfFew(x) == allowed, "greedyGathered");
    demand(isDrawn(masked.draw(x, 1.25f, 0.5), x, masked.mask), "drawMasked");
    demand(isDrawn(masked.drawOfFew(x, 1.25f, 0.5), x, masked.mask), "drawGathered");
  }

  // All rows, each against a sort of its experts and sums in double.
  void checkRouting() {
    if (!isRouted()) return;
    std::vector<int> order(n);
    for (int first = 0; first < count; first += brief::ROUTED) {
      brief::route<CHOSEN>(x + (size_t)first * n, n, ids.data(), best.data());
      for (int row = 0; row < brief::ROUTED; row++) {
        const float* r = x + (size_t)(first + row) * n;
        for (int i = 0; i < n; i++) order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return r[a] > r[b]; });
        double sum = 0;
        for (int j = 0; j < CHOSEN; j++) sum += std::exp((double)r[order[j]] - r[order[0]]);
        for (int j = 0; j < CHOSEN; j++) {
          double exact = std::exp((double)r[order[j]] - r[order[0]]) / sum;
          int at = CHOSEN * row + j;
          demand(ids[at] == order[j] && std::fabs(best[at] - exact) <= 2e-5 * exact, "route8");
        }
      }
    }
  }

  // Whether half of the weight at temperature 0.8 lies before a token and within it, up to rounding.
  bool isDrawn(int token, const float* x, const uint64_t* mask) const {
    double max = *std::max_element(x, x + n), sum = 0, before = 0, with = 0;
    for (int i = 0; i < n; i++) {
      if (i == token) before = sum;
      if (!mask || mask[i >> 6] >> (i & 63) & 1) sum += std::exp((x[i] - max) * 1.25);
      if (i == token) with = sum;
    }
    return with > before && before <= (0.5 + 1e-5) * sum && with >= (0.5 - 1e-5) * sum;
  }
};

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: limit ROWS COUNT LENGTH [MASK]\n");
    return 2;
  }
  int count = atoi(argv[2]), n = atoi(argv[3]);
  float* x = rowsOf(argv[1], (size_t)count * n);
  size_t words = (n + 63) / 64;
  std::vector<char> mask = argc > 4 ? read(argv[4], 8 * words, 8) : std::vector<char>();
  Limit limit(x, count, n, argc > 4 ? (const uint64_t*)mask.data() : nullptr);
  for (int row = 0; row < count; row += std::max(1, count / 4)) limit.check(x + (size_t)row * n);
  limit.checkRouting();
  printf("ready\n");
  fflush(stdout);
  std::string what;
  int calls;
  double milliseconds;
  while (std::cin >> what >> calls >> milliseconds) {
    printf("%.2f\n", limit.time(what, calls, milliseconds));
    fflush(stdout);
  }
}
