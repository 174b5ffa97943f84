package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** Serialised chains, as they are written and with bytes changed: what is read is a valid chain. */
public final class SerialTarget {
  private static final ObjectInputFilter OURS =
      ObjectInputFilter.Config.createFilter(
          "maxbytes=20000;maxdepth=20;maxarray=1000;maxrefs=1000;"
              + "org.logitkernels.*;java.base/*;!*");

  private SerialTarget() {}

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    SamplerChain chain = SamplerChain.of(cases.steps(4, 50).toArray(new Step[0]));
    byte[] bytes = written(chain);
    try {
      assertEquals(chain, read(bytes));
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError("cannot be read back: " + chain, e);
    }
    for (int edits = cases.between(0, 4); edits > 0; edits--) {
      bytes[cases.between(0, bytes.length - 1)] = (byte) cases.between(0, 255);
    }
    if (cases.oneIn(8)) {
      bytes = Arrays.copyOf(bytes, cases.between(0, bytes.length));
    }
    Object read;
    try {
      read = read(bytes);
    } catch (IOException | ClassNotFoundException e) {
      return; // as it should
    } catch (RuntimeException | InternalError e) { // the error of a Map.of with a key too many
      if (Arrays.stream(e.getStackTrace())
          .anyMatch(frame -> frame.getClassName().startsWith("org.logitkernels.S"))) {
        throw new AssertionError("not the error of a bad stream", e);
      }
      return; // of the JDK's own reading
    }
    if (read instanceof SamplerChain other) {
      use(other);
    }
  }

  /** Its steps are as if made anew, and it samples as any does. */
  private static void use(SamplerChain chain) {
    assertEquals(chain, SamplerChain.of(chain.steps().toArray(new Step[0])));
    assertEquals(chain.toString(), chain.toString());
    Outcome.of(
        notes -> {
          Sampler sampler = chain.newSampler(4, 1, Kernels.scalar()); // which may lack a token
          sampler.acceptPrompt(1, 2, 1);
          if (chain.steps().contains(Step.allowed())) {
            sampler.allow(new long[] {7});
          }
          notes.add(sampler.sample(new float[] {1, 2, 3, 2.5f}));
        });
  }

  private static byte[] written(SamplerChain chain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(chain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static Object read(byte[] bytes) throws IOException, ClassNotFoundException {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      in.setObjectInputFilter(OURS);
      return in.readObject();
    }
  }
}
