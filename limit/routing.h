// Routing: a lane to a row, as an engine routes the tokens of a batch.
#pragma once
#include "vectors.h"

namespace brief {
constexpr int ROUTED = 16;  // rows in a call

// The best K experts of as many rows as a vector has lanes, and softmax over them. Each lane keeps its best in order, and most experts come
// above no lane's last. Best first, equal ones by id. Rows are whole vectors.
template <int K>
static inline void routeLanes(const float* x, int n, int* ids, float* weights) {
  Floats best[K];
  Ints expert[K];
  for (int j = 0; j < K; j++) {
    best[j] = lowest();
    expert[j] = allInts(-1);
  }
  for (int c = 0; c < n; c += LANES) {
    Floats r[LANES];
    for (int i = 0; i < LANES; i++) r[i] = load(x + (size_t)i * n + c);
    transpose(r);
    for (int e = 0; e < LANES; e++) {
      Floats v = r[e];
      if (!bitsOf(above(v, best[K - 1]))) continue;
      Ints id = allInts(c + e);
      for (int j = 0; j < K; j++) {
        Mask m = above(v, best[j]);
        Floats out = where(m, best[j], v);
        Ints outId = where(m, expert[j], id);
        best[j] = where(m, v, best[j]);
        expert[j] = where(m, id, expert[j]);
        v = out;
        id = outId;
      }
    }
  }
  Floats e[K], sum = none();
  for (int j = 0; j < K; j++) {
    e[j] = exp2<5>((best[j] - best[0]) * all(LOG2E));
    sum = sum + e[j];
  }
  Floats by = all(1) / sum;
  for (int j = 0; j < K; j++) e[j] = e[j] * by;
  storeColumns<K>(weights, e);
  storeColumns<K>(ids, expert);
}

// The same of 16 rows.
template <int K>
static void route(const float* x, int n, int* ids, float* weights) {
  for (int row = 0; row < ROUTED; row += LANES) routeLanes<K>(x + (size_t)row * n, n, ids + K * row, weights + K * row);
}
}  // namespace brief
