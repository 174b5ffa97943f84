package org.logitkernels.bench;

import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.logitkernels.BatchSampler;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Perplexity;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** A backend of the library. */
final class Library implements Workload {
  /** Top-k 40, top-p 0.95, min-p 0.05, temperature 0.8. */
  static final SamplerChain CHAIN =
      SamplerChain.of(Step.topK(40), Step.topP(0.95f), Step.minP(0.05f), Step.temperature(0.8f));

  private static final int HISTORY = 64;
  private static final int SEVERAL = 8;

  private final Kernels kernels;
  private final Workspace workspace;
  private final float[] out;
  private final Sampler chain;
  private final Sampler whole;
  private final double[] perturbed = new double[SEVERAL];
  private final Perplexity perplexity;
  private final Logits row = Logits.of(new float[1]);
  private final Logits other = Logits.of(new float[1]);
  private float[] last = {};
  private Sampler nucleus;
  private String text = "";
  private Sampler sampler;
  private long[] allowed = {};
  private Sampler[] samplers = {};
  private BatchSampler batch = BatchSampler.of();
  private SamplerChain shared = CHAIN;
  private int threads;

  Library(Kernels kernels, int vocabulary) {
    this.kernels = kernels;
    this.workspace = Workspace.of(vocabulary);
    this.out = new float[vocabulary];
    this.chain = CHAIN.newSampler(vocabulary, 1, kernels);
    this.whole = SamplerChain.of().newSampler(vocabulary, 1, kernels);
    this.perplexity = Perplexity.of(vocabulary, kernels);
    this.nucleus = chain;
    this.sampler = chain;
  }

  @Override
  public int argMax(float[] x) {
    return kernels.argMax(x, 0, x.length);
  }

  @Override
  public double logSumExp(float[] x) {
    return kernels.logSumExp(x, 0, x.length, 1);
  }

  @Override
  public double perplexity(float[] x) {
    return perplexity.add(row.at(x), x.length / 2);
  }

  @Override
  public double divergence(float[] x) {
    if (last.length != x.length) {
      last = x;
    }
    double divergence = kernels.klDivergence(row.at(x), other.at(last), workspace);
    last = x;
    return divergence;
  }

  @Override
  public float[] softmax(float[] x) {
    kernels.softmax(x, 0, x.length, 1, out, 0);
    return out;
  }

  @Override
  public float[] logSoftmax(float[] x) {
    kernels.logSoftmax(x, 0, x.length, 1, out, 0);
    return out;
  }

  @Override
  public int topK(float[] x, int k, int[] ids, float[] values) {
    return kernels.topK(x, 0, x.length, k, workspace, ids, values);
  }

  @Override
  public int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
    return kernels.topP(x, 0, x.length, temperature, p, workspace, ids, probabilities);
  }

  @Override
  public int topPToken(float[] x, float temperature, float p, double u) {
    if (nucleus == chain) { // one temperature and one p to a benchmark
      nucleus =
          SamplerChain.of(Step.temperature(temperature), Step.topP(p))
              .newSampler(x.length, 1, kernels);
    }
    return nucleus.sample(x, 0, x.length, u);
  }

  @Override
  public int chain(float[] x, double u) {
    return chain.sample(x, 0, x.length, u);
  }

  @Override
  public int draw(float[] x, float temperature, double u) {
    return kernels.sample(x, 0, x.length, temperature, u, workspace);
  }

  /** A sampler of a chain in text, after 64 tokens. */
  static Sampler withHistory(String chain, int vocabulary, Kernels kernels) {
    Sampler sampler = SamplerChain.parse(chain).newSampler(vocabulary, 1, kernels);
    for (int i = 0; i < HISTORY; i++) {
      sampler.accept(i * 7919 % vocabulary);
    }
    return sampler;
  }

  /** Every second token, if a chain asks which are allowed; else empty. */
  static long[] allowed(String chain, int vocabulary) {
    boolean asks = chain.contains(Step.allowed().toString());
    long[] allowed = new long[asks ? (vocabulary + 63) / 64 : 0];
    Arrays.fill(allowed, 0x5555555555555555L);
    return allowed;
  }

  @Override
  public int token(float[] x, String chain, double u) {
    if (!chain.equals(text)) { // one chain to a benchmark
      text = chain;
      sampler = withHistory(chain, x.length, kernels);
      allowed = allowed(chain, x.length);
    }
    if (allowed.length > 0) {
      sampler.allow(allowed);
    }
    return sampler.sample(x, 0, x.length, u);
  }

  @Override
  public void batch(
      float[] x, int rows, SamplerChain chain, int threads, long position, int[] tokens) {
    int length = x.length / rows;
    if (rows != samplers.length || chain != shared || threads != this.threads) {
      shared = chain;
      this.threads = threads; // one of all three to a benchmark
      samplers = new Sampler[rows];
      Arrays.setAll(samplers, i -> chain.newSampler(length, i, kernels));
      batch = BatchSampler.of(samplers);
      if (threads > 1) {
        ThreadFactory daemons = Thread.ofPlatform().daemon().factory();
        batch.on(Executors.newFixedThreadPool(threads - 1, daemons), threads);
      }
    }
    for (Sampler own : samplers) {
      own.position(position);
    }
    if (threads > 0) {
      batch.sample(x, 0, length, rows, length, tokens);
    } else {
      for (int i = 0; i < rows; i++) {
        tokens[i] = samplers[i].sample(x, i * length, (i + 1) * length);
      }
    }
  }

  @Override
  public int several(float[] x, double u, int[] tokens) {
    return whole.sampleWithoutReplacement(x, 0, x.length, u, SEVERAL, tokens, perturbed);
  }
}
