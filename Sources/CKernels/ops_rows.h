#pragma once

// Operations on one row, written once over the vector vocabulary. Each instruction set includes this file in a
// translation unit of its own, so that the functions are compiled for it.
//
// Every loop has the same shape: whole vectors, then one partial vector.

/// exp(x) within 2 units in the last place; 0 below -87.3, and no overflow to infinity above 88.
///
/// Cephes' expf: x = n ln 2 + r with |r| <= ln 2 / 2, a polynomial of degree 6 for exp(r), times 2^n.
static inline vec v_exp(vec x) {
    const float lowest = -87.3f, highest = 88.0f;
    const vec clamped = v_min(v_max(x, v_set(lowest)), v_set(highest));
    const vec n = v_round(clamped * v_set(0x1.715476p+0f));
    // ln 2 in two parts: the first has few bits, so n times it is exact.
    const vec r = v_fma(n, v_set(2.12194440e-4f), v_fma(n, v_set(-0.693359375f), clamped));
    vec p = v_set(1.9875691500e-4f);
    p = v_fma(p, r, v_set(1.3981999507e-3f));
    p = v_fma(p, r, v_set(8.3334519073e-3f));
    p = v_fma(p, r, v_set(4.1665795894e-2f));
    p = v_fma(p, r, v_set(1.6666665459e-1f));
    p = v_fma(p, r, v_set(5.0000001201e-1f));
    p = v_fma(p, r * r, r) + v_set(1);
    return v_zero_below(v_times_power(p, n), x, lowest);
}

/// 1 / (1 + exp(-x)).
static inline vec v_sigmoid(vec x) { return v_set(1) / (v_set(1) + v_exp(v_set(0) - x)); }

/// cap * tanh(x / cap) for `inverse` = 1 / cap.
static inline vec v_soft_cap(vec x, float cap, float inverse) {
    // tanh(y) = 2 sigmoid(2 y) - 1
    const vec sigmoid = v_sigmoid(x * v_set(2 * inverse));
    return v_set(cap) * v_fma(v_set(2), sigmoid, v_set(-1));
}

/// 2^x for x <= 0 within 1e-7 of its value, and next to nothing (2^-126) below -126. What is not a number stays so.
///
/// A polynomial with the least relative error on -0.5 ... 0.5 that is 1 at 0.
static inline vec v_power_of_two(vec x) {
    x = v_at_least(x, -126);
    const vec n = v_round(x);
    const vec r = x - n;
    vec p = v_fma(v_set(0x1.5bba12p-10f), r, v_set(0x1.3cea88p-7f));
    p = v_fma(p, r, v_set(0x1.c6b752p-5f));
    p = v_fma(p, r, v_set(0x1.ebf9bcp-3f));
    p = v_fma(p, r, v_set(0x1.62e42ap-1f));
    p = v_fma(p, r, v_set(1));
    return v_times_power(p, n);
}

/// x times the normal distribution's integral up to x, within some 3e-7, and within 6e-6 of itself down to -10.
///
/// That is max(0, x) - a tail(a) with a = |x|, where the integral from a on is tail(a) = t 2^(p(t) - a^2 log2(e) / 2) with
/// t = 1 / (1 + 0.3 a). The polynomial p was fitted over Chebyshev nodes in t for a up to 14, where nothing is left.
/// PERF: Abramowitz and Stegun's form with exp(x) -> this, 0.57 -> 0.37 ns for a number on one core of Zen 5.
static inline vec v_gelu(vec x) {
    const vec a = v_min(v_max(x, v_set(0) - x), v_set(14));
    const vec t = v_set(1) / v_fma(a, v_set(0.3f), v_set(1));
    vec p = v_set(-0.207771018f);
    p = v_fma(p, t, v_set(0.786026120f));
    p = v_fma(p, t, v_set(-0.883361399f));
    p = v_fma(p, t, v_set(0.0601576380f));
    p = v_fma(p, t, v_set(0.132091776f));
    p = v_fma(p, t, v_set(0.112488285f));
    p = v_fma(p, t, v_set(0.625000417f));
    p = v_fma(p, t, v_set(1.43780136f));
    p = v_fma(p, t, v_set(-3.06243348f));
    const vec tail = t * v_power_of_two(v_fma(a * v_set(-0.72134752f), a, p));
    return v_at_least(x, 0) - a * tail;
}

static inline vec v_activation(vec x, nt_activation activation) {
    if (activation == NT_SILU) return x * v_sigmoid(x);
    if (activation == NT_GELU) return v_gelu(x);
    if (activation == NT_QUICK_GELU) return x * v_sigmoid(v_set(1.702f) * x);
    if (activation == NT_RELU) return v_max(x, v_set(0));
    if (activation == NT_TANH) return v_fma(v_set(2), v_sigmoid(x + x), v_set(-1));
    // GELU with tanh: x / 2 * (1 + tanh(u)) = x * sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3).
    const vec cubic = v_fma(v_set(0.044715f) * x * x, x, x);
    return x * v_sigmoid(v_set(2 * 0.7978845608f) * cubic);
}

/// The sum of all elements, or of their squares about `center`.
static inline float row_sum(const float *in, int64_t width, float center, bool squares) {
    vec sums[4] = {v_set(0), v_set(0), v_set(0), v_set(0)};
    int64_t i = 0;
    for (; i + 4 * lanes <= width; i += 4 * lanes) {
#pragma clang loop unroll(full)
        for (int v = 0; v < 4; v++) {
            const vec x = v_load(in + i + v * lanes) - v_set(center);
            sums[v] = squares ? v_fma(x, x, sums[v]) : sums[v] + x;
        }
    }
    for (; i + lanes <= width; i += lanes) {
        const vec x = v_load(in + i) - v_set(center);
        sums[0] = squares ? v_fma(x, x, sums[0]) : sums[0] + x;
    }
    float sum = v_sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
    for (; i < width; i++) {
        const float x = in[i] - center;
        sum += squares ? x * x : x;
    }
    return sum;
}

static void rms_norm(float *out, const float *in, const float *weight, int64_t width, float epsilon) {
    const float mean = row_sum(in, width, 0, true) / (float)width;
    const vec factor = v_set(1.0f / sqrtf(mean + epsilon));
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store(out + i, v_load(in + i) * factor * v_load(weight + i));
    if (i == width) return;
    const int64_t left = width - i;
    v_store_part(out + i, v_load_part(in + i, left) * factor * v_load_part(weight + i, left), left);
}

static void layer_norm(
    float *out, const float *in, const float *weight, const float *bias, int64_t width, float epsilon) {
    const float mean = row_sum(in, width, 0, false) / (float)width;
    const float variance = row_sum(in, width, mean, true) / (float)width;
    const vec center = v_set(mean), factor = v_set(1.0f / sqrtf(variance + epsilon));
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) {
        const vec x = (v_load(in + i) - center) * factor * v_load(weight + i);
        v_store(out + i, bias == NULL ? x : x + v_load(bias + i));
    }
    if (i == width) return;
    const int64_t left = width - i;
    const vec x = (v_load_part(in + i, left) - center) * factor * v_load_part(weight + i, left);
    v_store_part(out + i, bias == NULL ? x : x + v_load_part(bias + i, left), left);
}

static void add(float *out, const float *in, int64_t width) {
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store(out + i, v_load(out + i) + v_load(in + i));
    for (; i < width; i++) out[i] += in[i];
}

static void scale(float *out, float factor, int64_t width) {
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store(out + i, v_load(out + i) * v_set(factor));
    for (; i < width; i++) out[i] *= factor;
}

static void gated(float *out, const float *gate, const float *up, int64_t width, nt_activation activation) {
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) {
        v_store(out + i, v_activation(v_load(gate + i), activation) * v_load(up + i));
    }
    if (i == width) return;
    const int64_t left = width - i;
    v_store_part(out + i, v_activation(v_load_part(gate + i, left), activation) * v_load_part(up + i, left), left);
}

static void activate(float *out, const float *in, int64_t width, nt_activation activation) {
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store(out + i, v_activation(v_load(in + i), activation));
    if (i == width) return;
    v_store_part(out + i, v_activation(v_load_part(in + i, width - i), activation), width - i);
}

static void soft_cap(float *row, float cap, int64_t width) {
    const float inverse = 1.0f / cap;
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store(row + i, v_soft_cap(v_load(row + i), cap, inverse));
    if (i == width) return;
    v_store_part(row + i, v_soft_cap(v_load_part(row + i, width - i), cap, inverse), width - i);
}

static void clamp(float *row, float limit, int64_t width) {
    const vec low = v_set(-limit), high = v_set(limit);
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store(row + i, v_min(v_max(v_load(row + i), low), high));
    if (i == width) return;
    v_store_part(row + i, v_min(v_max(v_load_part(row + i, width - i), low), high), width - i);
}

static void softmax(float *row, int64_t width) {
    vec highest = v_set(row[0]);
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) highest = v_max(v_load(row + i), highest);
    float peak = v_highest(highest);
    for (; i < width; i++) peak = row[i] > peak ? row[i] : peak;
    for (i = 0; i + lanes <= width; i += lanes) v_store(row + i, v_exp(v_load(row + i) - v_set(peak)));
    if (i < width) v_store_part(row + i, v_exp(v_load_part(row + i, width - i) - v_set(peak)), width - i);
    scale(row, 1.0f / row_sum(row, width, 0, false), width);
}

static void rope(
    float *row, const float *angles, int64_t heads, int64_t head_dim, int64_t dims, nt_rope_layout layout) {
    const float *cosines = angles, *sines = angles + dims;
    const int64_t half = dims / 2;
    for (int64_t h = 0; h < heads; h++, row += head_dim) {
        int64_t i = 0;
        if (layout == NT_ROPE_ADJACENT) {
            for (; i + lanes <= dims; i += lanes) {
                const vec x = v_load(row + i);
                v_store(row + i, v_fma(v_swap_pairs(x), v_load(sines + i), x * v_load(cosines + i)));
            }
            if (i == dims) continue;
            const vec x = v_load_part(row + i, dims - i), c = v_load_part(cosines + i, dims - i);
            v_store_part(row + i, v_fma(v_swap_pairs(x), v_load_part(sines + i, dims - i), x * c), dims - i);
            continue;
        }
        for (; i + lanes <= half; i += lanes) {
            const vec low = v_load(row + i), high = v_load(row + half + i), c = v_load(cosines + i);
            v_store(row + i, v_fma(high, v_load(sines + i), low * c));
            v_store(row + half + i, v_fma(low, v_load(sines + half + i), high * c));
        }
        if (i == half) continue;
        const int64_t left = half - i;
        const vec low = v_load_part(row + i, left), high = v_load_part(row + half + i, left);
        const vec c = v_load_part(cosines + i, left);
        v_store_part(row + i, v_fma(high, v_load_part(sines + i, left), low * c), left);
        v_store_part(row + half + i, v_fma(low, v_load_part(sines + half + i, left), high * c), left);
    }
}
