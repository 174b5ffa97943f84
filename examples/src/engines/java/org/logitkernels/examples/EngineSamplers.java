package org.logitkernels.examples;

import com.github.tjake.jlama.math.ActivationFunction;
import com.github.tjake.jlama.math.VectorMath;
import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.DistributedContext;
import com.github.tjake.jlama.model.LayerNorm;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.model.TransformerBlock;
import com.github.tjake.jlama.model.functions.EmbedInput;
import com.github.tjake.jlama.model.functions.SampleOutput;
import com.github.tjake.jlama.safetensors.Config;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.TensorInfo;
import com.github.tjake.jlama.safetensors.WeightLoader;
import com.github.tjake.jlama.safetensors.tokenizer.Tokenizer;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.logitkernels.Backends;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Times the samplers of engines, and this library's in their place, on the same rows. Jlama comes
 * with the profile {@code engines}; others are timed if their classes are on the class path.
 */
final class EngineSamplers {
  private static final int ROWS = 16;

  /** A row is put where the engine has its logits, and a token is drawn from it there. */
  private interface Place {
    void put(float[] row) throws Exception;

    void own() throws Exception;

    void ours();

    /** What is in the time of {@link #own} and is no sampling, as a call of its own. */
    default void besides() {}
  }

  private interface Call {
    void run() throws Exception;
  }

  private EngineSamplers() {}

  public static void main(String[] args) throws Exception {
    Backends.warmUp(Duration.ofMinutes(1));
    List<Integer> sizes =
        args.length == 0
            ? List.of(128_256, 151_936, 262_144)
            : Arrays.stream(args).map(Integer::valueOf).toList();
    System.out.printf(
        "%-14s %8s %5s %5s %12s %12s %7s%n",
        "engine", "logits", "T", "top_p", "its own, us", "here, us", "ratio");
    for (int vocabulary : sizes) {
      time(System.out, "llama3.java", vocabulary, 0.1f, 0.95f);
      time(System.out, "gemma4.java", vocabulary, 1, 0.95f);
      time(System.out, "GPULlama3", vocabulary, 0.1f, 0.95f);
      time(System.out, "Jlama", vocabulary, 0.6f, 1);
      time(System.out, "deliverance", vocabulary, 0.7f, 0.1f);
      time(System.out, "deliverance", vocabulary, 0.7f, 0.95f);
    }
  }

  /** Prints a line, or nothing where the engine is not on the class path. */
  static void time(PrintStream out, String engine, int vocabulary, float t, float p)
      throws Exception {
    Place place;
    try {
      place =
          switch (engine) {
            case "llama3.java" -> llama4j("Llama3", vocabulary, t, p);
            case "gemma4.java" -> llama4j("Gemma4", vocabulary, t, p);
            case "GPULlama3" -> gpuLlama3(vocabulary, t, p);
            case "Jlama" -> new Jlama(vocabulary, t);
            case "deliverance" -> deliverance(vocabulary, t, p);
            default -> throw new IllegalArgumentException("no engine: " + engine);
          };
    } catch (ClassNotFoundException e) {
      return;
    }
    float[][] rows = rows(vocabulary);
    double besides = median(place, rows, place::besides);
    double own = median(place, rows, place::own) - besides;
    double ours = median(place, rows, place::ours);
    out.printf(
        "%-14s %8d %5s %5s %12.1f %12.1f %7.1f%n", engine, vocabulary, t, p, own, ours, own / ours);
  }

  /** The median of a second of calls, in microseconds, after a second that warms up. */
  private static double median(Place place, float[][] rows, Call call) throws Exception {
    List<Long> nanos = new ArrayList<>();
    long begin = System.nanoTime();
    for (int turn = 0; System.nanoTime() - begin < 2_000_000_000L; turn++) {
      place.put(rows[turn % ROWS]);
      long start = System.nanoTime();
      call.run();
      long end = System.nanoTime();
      if (start - begin > 1_000_000_000L) {
        nanos.add(end - start);
      }
    }
    nanos.sort(null);
    return nanos.get(nanos.size() / 2) / 1000.0;
  }

  /** Rows with a head like that of a language model's, peaked and flat ones. */
  private static float[][] rows(int vocabulary) {
    SplittableRandom random = new SplittableRandom(vocabulary);
    float[][] rows = new float[ROWS][vocabulary];
    for (int r = 0; r < ROWS; r++) {
      double slope = 1.4 + r * 0.06;
      for (int rank = 0; rank < vocabulary; rank++) {
        int place = (int) ((rank * 7919L + 31L * r) % vocabulary);
        rows[r][place] = (float) (-slope * Math.log(rank + 2.7) + random.nextGaussian());
      }
    }
    return rows;
  }

  private static Sampler sampler(int vocabulary, float t, float p) {
    SamplerChain chain =
        p < 1
            ? SamplerChain.of(Step.temperature(t), Step.topP(p))
            : SamplerChain.of(Step.temperature(t));
    return chain.newSampler(vocabulary, 1);
  }

  private static Method method(String type, String name, Class<?>... parameters)
      throws ReflectiveOperationException {
    Method method = Class.forName(type).getDeclaredMethod(name, parameters);
    method.setAccessible(true);
    return method;
  }

  private static Object selected(String owner, int vocabulary, float t, float p)
      throws ReflectiveOperationException {
    return method(owner, "selectSampler", int.class, float.class, float.class, long.class)
        .invoke(null, vocabulary, t, p, 1L);
  }

  private static Place llama4j(String main, int vocabulary, float t, float p)
      throws ReflectiveOperationException {
    Object sampler = selected("com.llama4j." + main, vocabulary, t, p);
    Method draw =
        method("com.llama4j.Sampler", "sampleToken", Class.forName("com.llama4j.FloatTensor"));
    Constructor<?> make =
        Class.forName("com.llama4j.ArrayFloatTensor").getDeclaredConstructor(float[].class);
    make.setAccessible(true);
    float[] logits = new float[vocabulary];
    Object tensor = make.newInstance((Object) logits);
    Sampler ours = sampler(vocabulary, t, p);
    return new Place() {
      @Override
      public void put(float[] row) {
        System.arraycopy(row, 0, logits, 0, vocabulary);
      }

      @Override
      public void own() throws Exception {
        draw.invoke(sampler, tensor);
      }

      @Override
      public void ours() {
        ours.next(logits);
      }
    };
  }

  private static Place gpuLlama3(int vocabulary, float t, float p)
      throws ReflectiveOperationException {
    String owner = "org.beehive.gpullama3.inference.sampler.Sampler";
    Object sampler = selected(owner, vocabulary, t, p);
    Method draw = method(owner, "sampleToken", Object.class);
    Class<?> type = Class.forName("uk.ac.manchester.tornado.api.types.arrays.FloatArray");
    Object array = type.getConstructor(int.class).newInstance(vocabulary);
    return segment(
        (MemorySegment) type.getMethod("getSegment").invoke(array),
        vocabulary,
        t,
        p,
        () -> draw.invoke(sampler, array));
  }

  private static Place deliverance(int vocabulary, float t, float p)
      throws ReflectiveOperationException {
    String tensors = "io.teknek.deliverance.tensor.";
    Class<?> type = Class.forName(tensors + "impl.FloatBufferTensor");
    Object tensor =
        type.getConstructor(int[].class).newInstance((Object) new int[] {1, vocabulary});
    Method draw =
        method(
            "io.teknek.deliverance.model.DeliveranceSampler",
            "sampleTopKTopP",
            Class.forName(tensors + "AbstractTensor"),
            float.class,
            Optional.class,
            Optional.class,
            Optional.class,
            float.class);
    SplittableRandom random = new SplittableRandom(1);
    return segment(
        (MemorySegment) type.getMethod("getMemorySegment").invoke(tensor),
        vocabulary,
        t,
        p,
        () ->
            draw.invoke(
                null,
                tensor,
                t,
                Optional.empty(),
                Optional.of(p),
                Optional.empty(),
                (float) random.nextDouble()));
  }

  private static Place segment(MemorySegment logits, int vocabulary, float t, float p, Call draw) {
    Sampler ours = sampler(vocabulary, t, p);
    return new Place() {
      @Override
      public void put(float[] row) {
        MemorySegment.copy(row, 0, logits, ValueLayout.JAVA_FLOAT, 0, vocabulary);
      }

      @Override
      public void own() throws Exception {
        draw.run();
      }

      @Override
      public void ours() {
        ours.next(logits, 0, vocabulary, ElementType.FLOAT32);
      }
    };
  }

  /**
   * Jlama's own {@code AbstractModel.sample}. It begins with the product of output matrix and
   * hidden state, which is timed alone as well, and taken off. The matrix has the row as its first
   * column, and the hidden state is (1, 0, 0, ...), so that the row is what comes out.
   */
  private static final class Jlama extends AbstractModel implements Place {
    private static final int DIM = 32;
    private final float temperature;
    private final FloatBufferTensor hidden;
    private final FloatBufferTensor matrix;
    private final FloatBufferTensor logits;
    private final Sampler ours;
    private final SplittableRandom random = new SplittableRandom(1);

    Jlama(int vocabulary, float temperature) {
      super(
          InferenceType.OUTPUT_TO_TOKEN,
          new Config(
              64,
              DIM,
              DIM,
              1,
              1,
              1,
              1e-5f,
              vocabulary,
              1,
              List.of(2),
              ActivationFunction.Type.SILU,
              10000.0,
              1.0),
          new NoWeights(),
          (Tokenizer)
              Proxy.newProxyInstance(
                  Jlama.class.getClassLoader(),
                  new Class<?>[] {Tokenizer.class},
                  (proxy, method, arguments) -> {
                    throw new UnsupportedOperationException(method.getName());
                  }),
          DType.F32,
          DType.F32,
          Optional.empty());
      this.temperature = temperature;
      hidden = new FloatBufferTensor(1, DIM);
      hidden.set(1, 0, 0);
      matrix = new FloatBufferTensor(vocabulary, DIM);
      logits = new FloatBufferTensor(1, vocabulary);
      ours = sampler(vocabulary, temperature, 1);
    }

    @Override
    public void put(float[] row) {
      for (int i = 0; i < row.length; i++) {
        matrix.set(row[i], i, 0);
      }
    }

    @Override
    public void own() {
      sample(hidden, temperature, (float) random.nextDouble(), logits);
    }

    @Override
    public void besides() {
      VectorMath.pchunk(
          0,
          c.vocabularySize,
          (start, size) ->
              TensorOperationsProvider.get()
                  .dotProductChunk(logits, hidden, matrix, 0, DIM, start, size));
    }

    @Override
    public void ours() {
      JlamaRows.sample(ours, logits, 0);
    }

    @Override
    protected EmbedInput loadInputWeights() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected TransformerBlock[] loadTransformerBlockWeights() {
      return new TransformerBlock[0];
    }

    @Override
    protected SampleOutput loadOutputWeights() {
      return new SampleOutput() {
        @Override
        public LayerNorm getOutputLayerNorm() {
          return new LayerNorm(Jlama.this, hidden, hidden) {
            @Override
            @SuppressWarnings("rawtypes")
            public AbstractTensor<?, ?> forward(AbstractTensor input) {
              return new FloatBufferTensor(hidden);
            }
          };
        }

        @Override
        public AbstractTensor<?, ?> getOutputLogitsWeights() {
          return matrix;
        }
      };
    }

    @Override
    public ModelSupport.ModelType getModelType() {
      throw new UnsupportedOperationException();
    }
  }

  private static final class NoWeights implements WeightLoader {
    @Override
    public Map<String, String> metadata() {
      return Map.of();
    }

    @Override
    public Map<String, TensorInfo> tensorInfoMap() {
      return Map.of();
    }

    @Override
    public AbstractTensor<?, ?> load(
        String name, DistributedContext context, boolean rows, boolean columns) {
      throw new UnsupportedOperationException(name);
    }

    @Override
    public DType getModelDType() {
      return DType.F32;
    }

    @Override
    public void close() throws IOException {}
  }
}
