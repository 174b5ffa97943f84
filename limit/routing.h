// Routing: 16 rows at a time, a lane to a row, as an engine routes the tokens of a batch.
#pragma once
#include "vectors.h"

namespace brief {
constexpr int ROUTED = 16;

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

// The best K experts of 16 rows of n, a multiple of 16, and softmax over them: each lane keeps its best in order, and most experts
// come above no lane's last. Best first, equal ones by id.
template <int K>
static void route(const float* x, int n, int* ids, float* weights) {
  Floats best[K];
  Ints expert[K];
  for (int j = 0; j < K; j++) {
    best[j] = lowest();
    expert[j] = _mm512_set1_epi32(-1);
  }
  for (int c = 0; c < n; c += 16) {
    Floats r[ROUTED];
    for (int i = 0; i < ROUTED; i++) r[i] = _mm512_loadu_ps(x + (size_t)i * n + c);
    transpose(r);
    for (int e = 0; e < 16; e++) {
      Floats v = r[e];
      if (!_mm512_cmp_ps_mask(v, best[K - 1], _CMP_GT_OQ)) continue;
      Ints id = _mm512_set1_epi32(c + e);
      for (int j = 0; j < K; j++) {
        __mmask16 above = _mm512_cmp_ps_mask(v, best[j], _CMP_GT_OQ);
        Floats out = _mm512_mask_mov_ps(v, above, best[j]);
        Ints outId = _mm512_mask_mov_epi32(id, above, expert[j]);
        best[j] = _mm512_mask_mov_ps(best[j], above, v);
        expert[j] = _mm512_mask_mov_epi32(expert[j], above, id);
        v = out;
        id = outId;
      }
    }
  }
  Floats e[K], sum = none();
  for (int j = 0; j < K; j++) {
    e[j] = exp2<5>(_mm512_mul_ps(_mm512_sub_ps(best[j], best[0]), all(LOG2E)));
    sum = _mm512_add_ps(sum, e[j]);
  }
  Floats by = _mm512_div_ps(all(1), sum);
  Ints place = _mm512_mullo_epi32(indices(0), _mm512_set1_epi32(K));
  for (int j = 0; j < K; j++) {
    _mm512_i32scatter_ps(weights + j, place, _mm512_mul_ps(e[j], by), 4);
    _mm512_i32scatter_epi32(ids + j, place, expert[j], 4);
  }
}
}  // namespace brief
