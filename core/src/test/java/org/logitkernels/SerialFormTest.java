package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.InvalidObjectException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamConstants;
import java.io.Serializable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.logitkernels.spi.BackendProvider;
import org.logitkernels.spi.Launch;

/** Serialized chains and steps: nothing comes out of a stream that a constructor would not make. */
class SerialFormTest {
  /** A step of every kind; no number of it occurs twice in its stream. */
  static final List<Step> STEPS =
      List.of(
          Step.temperature(0.8182f),
          Step.topK(0x12345601),
          Step.topP(0.8283f),
          Step.minP(0.8384f),
          Step.typical(0.8485f),
          Step.topNSigma(0.8586f),
          Step.xtc(0.8687f, 0.8788f),
          Step.epsilonCutoff(0.8889f),
          Step.etaCutoff(0.8991f),
          Step.topH(0.8191f, 0x12345602),
          Step.pLess(),
          Step.softCap(30.1244f),
          Step.dynamicTemperature(0.7192f, 0.9193f, 1.5194f),
          Step.topP(0.8195f).minKeep(0x12345603),
          Step.mirostatV1(5.1231f, 0.1232f, 0x12345604),
          Step.mirostatV2(5.1233f, 0.1234f),
          Step.adaptiveP(0.1235f, 0.8236f),
          new Step.RepetitionPenalty(1.1237f, 0x12345605, true),
          new Step.FrequencyPenalty(1.1238f, 0x12345606, false),
          new Step.PresencePenalty(1.1239f, 0x12345607, true),
          new Step.Dry(
              0.8241f, 1.7542f, 0x12345608, 0x12345609, List.of(0x12345611, 0x12345612, 7)),
          Step.noRepeatNgram(0x1234560a),
          Step.logitBias(Map.of(0x12345613, 1.5243f, 0x12345614, -2.5244f)),
          Step.banned(new int[] {0x12345615}, new int[] {0x12345616, 8}),
          Step.minLength(0x1234560b, 0x12345617, 9),
          Step.allowed());

  private static final float[] NEVER_A_FLOAT = {
    Float.NaN, Float.intBitsToFloat(0xffc00001), Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
  };
  private static final float[] PERHAPS_A_FLOAT = {
    -1, -Float.MIN_VALUE, -0f, 0, 0.5f, 1, Math.nextUp(1f), 2, Float.MAX_VALUE
  };
  private static final int[] NEVER_AN_INT = {-1, -5, Integer.MIN_VALUE};
  private static final int[] PERHAPS_AN_INT = {0, 1, 2, Integer.MAX_VALUE};

  /** What no component of a type may be. */
  private static final Map<String, List<@Nullable Object>> NEVER_AN_OBJECT =
      Map.of(
          "java.util.List<java.lang.Integer>",
          Arrays.asList(
              null,
              "text",
              new TreeMap<>(Map.of(1, 1f)),
              list(1, null),
              list(1, -5),
              list("1"),
              list(1.0f),
              new LinkedList<>(List.of(1, -5)),
              Collections.unmodifiableList(list(-5)),
              new TwoFacedList(-5)),
          "java.util.List<java.util.List<java.lang.Integer>>",
          Arrays.asList(
              null,
              "text",
              list((Object) null),
              list(list()),
              list(list(1), list(2, null)),
              list(list(1), list(-5)),
              list(list("1")),
              list(1),
              list(new TwoFacedList(-5))),
          "java.util.SortedMap<java.lang.Integer, java.lang.Float>",
          Arrays.asList(
              null,
              "text",
              list(1),
              map(-5, 1f),
              map(1, null),
              map(1, Float.NaN),
              map(1, Float.POSITIVE_INFINITY),
              map(1, 1.0),
              map("1", 1f),
              map(1L, 1f),
              new TwoFacedMap(-5)),
          "org.logitkernels.Step",
          Arrays.asList(
              null, "text", Step.allowed(), Step.temperature(1), Step.topK(1).minKeep(1)));

  /** Shows one list to who looks and another to who copies. */
  private static final class TwoFacedList extends ArrayList<Integer> {
    private static final long serialVersionUID = 1;

    TwoFacedList(int id) {
      super(List.of(id));
    }

    @Override
    public Iterator<Integer> iterator() {
      return List.of(1).iterator();
    }
  }

  /** The same for maps. */
  private static final class TwoFacedMap extends TreeMap<Integer, Float> {
    private static final long serialVersionUID = 1;

    TwoFacedMap(int id) {
      put(id, 1f);
    }

    @Override
    public Set<Integer> keySet() {
      return Set.of(1);
    }
  }

  /** A native image reads and writes only what its metadata names. */
  @Test
  void metadataOfNativeImagesNamesEveryClassInAStream() throws Exception {
    Set<String> names = new TreeSet<>();
    for (Step step : STEPS) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(SamplerChain.of(step));
      }
      try (ObjectInputStream in =
          new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())) {
            @Override
            protected Class<?> resolveClass(ObjectStreamClass description)
                throws IOException, ClassNotFoundException {
              Class<?> found = super.resolveClass(description);
              names.add(found.getTypeName());
              return found;
            }
          }) {
        in.readObject();
      }
    }
    names.add(SamplerChain.class.getTypeName());
    names.add(Object[].class.getTypeName()); // in which the serial form of a list has its elements
    Path file =
        Path.of(
            "src/main/resources/META-INF/native-image/org.logitkernels/logit-kernels-core",
            "reachability-metadata.json");
    Path target = Path.of("target", file.getFileName().toString());
    Files.writeString(target, metadata(names));
    assertEquals(
        Files.readString(target),
        Files.readString(file),
        () -> "the steps have changed: cd core; cp " + target + " " + file);
  }

  private static String metadata(Set<String> serialized) {
    String provider =
        "{ \"type\": \"%s\", \"methods\": [{ \"name\": \"<init>\", \"parameterTypes\": [] }] }"
            .formatted(Launch.PROVIDER);
    String others =
        serialized.stream()
            .map("    { \"type\": \"%s\", \"serializable\": true }"::formatted)
            .collect(Collectors.joining(",\n"));
    return """
        {
          "reflection": [
            %s,
        %s
          ],
          "resources": [{ "glob": "META-INF/services/%s" }]
        }
        """
        .formatted(provider, others, BackendProvider.class.getName());
  }

  @Test
  void everyKindOfStepIsHere() {
    Set<Class<?>> kinds = new HashSet<>();
    STEPS.forEach(step -> kinds.add(step.getClass()));
    assertEquals(Set.of(Step.class.getPermittedSubclasses()), kinds);
  }

  @ParameterizedTest
  @FieldSource("STEPS")
  void stepsComeBack(Step step) throws Exception {
    assertEquals(step, read(write(step)));
    assertEquals(step.toString(), read(write(step)).toString());
    assertEquals(SamplerChain.of(step), read(write(SamplerChain.of(step))));
  }

  @Test
  void chainsComeBack() throws Exception {
    SamplerChain all = SamplerChain.of(STEPS.toArray(new Step[0]));
    for (SamplerChain chain : List.of(all, SamplerChain.of(), SamplerChain.greedy())) {
      SamplerChain back = (SamplerChain) read(write(chain));
      assertEquals(chain, back);
      assertEquals(chain.toString(), back.toString());
      assertThrows(UnsupportedOperationException.class, () -> back.steps().add(Step.allowed()));
    }
    SamplerChain chain = SamplerChain.parse("temperature=0.8, top_k=40, top_p=0.95, min_p=0.05");
    float[] row = {1, 3, 2};
    assertEquals(
        chain.newSampler(3, 7, Kernels.scalar()).sample(row),
        ((SamplerChain) read(write(chain))).newSampler(3, 7, Kernels.scalar()).sample(row));
  }

  /** Every number of every step, overwritten in the stream, alone and in a chain. */
  @ParameterizedTest
  @FieldSource("STEPS")
  void numbersAreValidated(Step step) throws Exception {
    RecordComponent[] components = step.getClass().getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      if (components[i].getType() == float.class) {
        int bits = Float.floatToRawIntBits((float) value(step, components[i]));
        for (float forged : NEVER_A_FLOAT) {
          assertForgery(step, i, forged, bits, Float.floatToRawIntBits(forged), true);
        }
        for (float forged : PERHAPS_A_FLOAT) {
          assertForgery(step, i, forged, bits, Float.floatToRawIntBits(forged), false);
        }
      } else if (components[i].getType() == int.class) {
        int bits = (int) value(step, components[i]);
        for (int forged : NEVER_AN_INT) {
          assertForgery(step, i, forged, bits, forged, true);
        }
        for (int forged : PERHAPS_AN_INT) {
          assertForgery(step, i, forged, bits, forged, false);
        }
      } else {
        assertTrue(
            components[i].getType() == boolean.class
                || NEVER_AN_OBJECT.containsKey(components[i].getGenericType().getTypeName()),
            () -> "no forgeries for " + step);
      }
    }
  }

  /** The stream gives what the constructor gives: the same step, or an exception that says so. */
  private static void assertForgery(
      Step step, int component, Object value, int bits, int forged, boolean never)
      throws Exception {
    byte[] alone = patch(write(step), bits, forged);
    byte[] chained = patch(write(SamplerChain.of(step)), bits, forged);
    Step made;
    try {
      made = with(step, component, value);
    } catch (IllegalArgumentException e) {
      for (byte[] stream : List.of(alone, chained)) {
        assertEquals(e.getMessage(), assertInvalid(stream).getMessage());
      }
      return;
    }
    assertTrue(!never, () -> made + " has passed");
    assertEquals(made, read(alone));
    assertEquals(SamplerChain.of(made), read(chained));
  }

  /** The step's constructor, with one argument exchanged. */
  private static Step with(Step step, int component, Object value) throws Exception {
    RecordComponent[] components = step.getClass().getRecordComponents();
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i == component ? value : value(step, components[i]);
    }
    Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return (Step) step.getClass().getDeclaredConstructor(types).newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw assertInstanceOf(IllegalArgumentException.class, e.getCause());
    }
  }

  @Test
  void numbersThatNoStepHasAreRejected() throws Exception {
    assertRejected(Step.temperature(0.8182f), -1, "temperature must be finite and >= 0");
    assertRejected(Step.temperature(0.8182f), Float.NaN, "temperature must be finite and >= 0");
    assertRejected(Step.topP(0.8283f), 2, "p must be in [0, 1]");
    assertRejected(Step.minP(0.8283f), 2, "p must be in [0, 1]");
    byte[] stream = patch(write(Step.topK(0x12345601)), 0x12345601, -5);
    assertEquals("k must be >= 1, but was -5", assertInvalid(stream).getMessage());
  }

  private static void assertRejected(Step step, float forged, String message) throws Exception {
    float valid = (float) value(step, step.getClass().getRecordComponents()[0]);
    int bits = Float.floatToRawIntBits(valid);
    byte[] stream = patch(write(step), bits, Float.floatToRawIntBits(forged));
    assertEquals(message + ", but was " + forged, assertInvalid(stream).getMessage());
  }

  /** Every list, map and step within a step, exchanged in the stream, alone and in a chain. */
  @ParameterizedTest
  @FieldSource("STEPS")
  void objectsAreValidated(Step step) throws Exception {
    RecordComponent component = objectOf(step);
    if (component != null) {
      for (Object forged : NEVER_AN_OBJECT.get(component.getGenericType().getTypeName())) {
        assertInvalid(write(step, held -> held == step, forged));
        assertInvalid(write(SamplerChain.of(step), held -> held == step, forged));
      }
    }
  }

  /**
   * The stream gives away the very list that the step was made from, before it and after it: what
   * becomes of the list is nothing to the step.
   */
  @ParameterizedTest
  @FieldSource("STEPS")
  void objectsAreCopied(Step step) throws Exception {
    RecordComponent component = objectOf(step);
    if (component == null || component.getType() == Step.class) {
      return;
    }
    for (boolean before : List.of(true, false)) {
      Object mutable = mutable(value(step, component));
      Object[] both = before ? new Object[] {mutable, step} : new Object[] {step, mutable};
      Object[] back = (Object[]) read(write(both, held -> held == step, mutable));
      Object thief = back[before ? 0 : 1];
      Step stolen = (Step) back[before ? 1 : 0];
      int hash = step.hashCode();
      assertEquals(mutable, thief);
      assertEquals(step, stolen);
      spoil(thief);
      assertNotEquals(mutable, thief);
      assertEquals(step, stolen);
      assertEquals(hash, stolen.hashCode());
    }
  }

  @Test
  void theStepsOfAChainAreValidated() throws Exception {
    SamplerChain chain = SamplerChain.of(Step.topK(3), Step.topP(0.5f));
    for (Object forged :
        Arrays.asList(
            null,
            "text",
            list(Step.topK(3)),
            new Object[] {Step.topK(3)},
            new Step[] {Step.topK(3), null},
            new Step[1],
            new String[] {"top_k=3"})) {
      assertInvalid(write(chain, SerialFormTest::isForm, forged));
    }
    Step.TopK[] some = {new Step.TopK(3)};
    assertEquals(SamplerChain.of(Step.topK(3)), read(write(chain, SerialFormTest::isForm, some)));
  }

  @Test
  void theStepsOfAChainAreCopied() throws Exception {
    SamplerChain chain = SamplerChain.of(Step.topK(3), Step.topP(0.5f));
    Step[] steps = {Step.topK(3), Step.topP(0.5f)};
    for (boolean before : List.of(true, false)) {
      Object[] both = before ? new Object[] {steps, chain} : new Object[] {chain, steps};
      Object[] back = (Object[]) read(write(both, SerialFormTest::isForm, steps));
      Step[] thief = (Step[]) back[before ? 0 : 1];
      Object stolen = back[before ? 1 : 0];
      assertEquals(chain, stolen);
      Arrays.fill(thief, Step.temperature(0));
      assertEquals(chain, stolen);
    }
  }

  /** A stream may hold a map's keys in any order, and TreeMap takes them as they come. */
  @Test
  void biasesAreSorted() throws Exception {
    int first = 0x12345613;
    int second = 0x12345614;
    byte[] stream = write(Step.logitBias(Map.of(first, 1f, second, 2f)));
    assertEquals(
        Step.logitBias(Map.of(second, 2f, 0x12345615, 1f)), read(patch(stream, first, 0x12345615)));
    Step.LogitBias once = (Step.LogitBias) read(patch(stream, first, second));
    assertEquals(Step.logitBias(Map.of(second, 2f)), once);
    assertEquals(1, once.biases().size());
    SortedMap<Integer, Float> backwards = new TreeMap<>(Collections.reverseOrder());
    backwards.putAll(Map.of(first, 1f, second, 2f));
    assertEquals(
        List.of(first, second), List.copyOf(new Step.LogitBias(backwards).biases().keySet()));
  }

  @Test
  void chainsAreReadThroughTheirStepsAlone() throws IOException {
    assertEquals(
        "a chain is read through its steps",
        assertInvalid(bare(SamplerChain.class, ObjectStreamConstants.SC_SERIALIZABLE))
            .getMessage());
    for (int flags : new int[] {0, ObjectStreamConstants.SC_EXTERNALIZABLE}) {
      byte[] stream = bare(SamplerChain.class, flags);
      assertThrows(InvalidClassException.class, () -> read(stream));
    }
  }

  /** A record without components in the stream has those of default value, which are validated. */
  @Test
  void stepsWithoutParametersAreValidated() throws Exception {
    assertEquals(Step.temperature(0), read(bare(Step.Temperature.class, 2)));
    assertInvalid(bare(Step.TopK.class, 2));
    assertInvalid(bare(Step.Dry.class, 2));
    assertInvalid(bare(Step.MinKeep.class, 2));
    assertInvalid(bare(Step.Banned.class, 2));
    assertInvalid(bare(Step.LogitBias.class, 2));
  }

  @Test
  void nobodyElseIsAStep() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeShort(ObjectStreamConstants.STREAM_MAGIC);
      out.writeShort(ObjectStreamConstants.STREAM_VERSION);
      out.writeByte(ObjectStreamConstants.TC_OBJECT);
      out.writeByte(ObjectStreamConstants.TC_PROXYCLASSDESC);
      out.writeInt(1);
      out.writeUTF(Step.class.getName());
      out.writeByte(ObjectStreamConstants.TC_ENDBLOCKDATA);
      out.writeByte(ObjectStreamConstants.TC_NULL);
    }
    assertThrows(ClassNotFoundException.class, () -> read(bytes.toByteArray()));
  }

  /** The filter that a service would set: a few classes, no long arrays. */
  @Test
  void aFilterLetsChainsPassAndStopsLongLists() throws Exception {
    ObjectInputFilter filter =
        ObjectInputFilter.Config.createFilter(
            "maxarray=64;maxdepth=8;org.logitkernels.*;java.base/java.lang.*;java.base/java.util.*;!*");
    SamplerChain all = SamplerChain.of(STEPS.toArray(new Step[0]));
    assertEquals(all, read(write(all), filter));
    // The length of the array of steps, behind its descriptor.
    byte[] stream =
        write(SamplerChain.of(Stream.generate(Step::allowed).limit(60).toArray(Step[]::new)));
    byte[] huge = patch(stream, 60, Integer.MAX_VALUE - 8);
    assertThrows(InvalidClassException.class, () -> read(huge, filter));
  }

  private static Object value(Step step, RecordComponent component) throws Exception {
    return component.getAccessor().invoke(step);
  }

  /** The component that is a list, a map or a step; none has two. */
  private static @Nullable RecordComponent objectOf(Step step) {
    List<RecordComponent> objects =
        Stream.of(step.getClass().getRecordComponents())
            .filter(component -> !component.getType().isPrimitive())
            .toList();
    assertTrue(objects.size() <= 1, step::toString);
    return objects.isEmpty() ? null : objects.getFirst();
  }

  private static boolean isForm(Object object) {
    return object.getClass().getName().equals("org.logitkernels.SamplerChain$Form");
  }

  private static List<@Nullable Object> list(@Nullable Object... elements) {
    return new ArrayList<>(Arrays.asList(elements));
  }

  private static SortedMap<Object, @Nullable Object> map(Object key, @Nullable Object value) {
    SortedMap<Object, @Nullable Object> map = new TreeMap<>();
    map.put(key, value);
    return map;
  }

  /** An equal object that can be changed, and so for what is in it. */
  private static Object mutable(Object object) {
    return switch (object) {
      case List<?> list -> list(list.stream().map(SerialFormTest::mutable).toArray());
      case SortedMap<?, ?> map -> new TreeMap<>(map);
      default -> object;
    };
  }

  /** Changes an object and what is in it. */
  private static void spoil(Object object) {
    if (object instanceof List<?> list) {
      list.forEach(SerialFormTest::spoil);
      list.remove(0);
    } else if (object instanceof SortedMap<?, ?> map) {
      map.clear();
    }
  }

  private static InvalidObjectException assertInvalid(byte[] stream) {
    return assertThrows(InvalidObjectException.class, () -> read(stream));
  }

  private static byte[] write(Object object) throws IOException {
    return write(object, held -> false, null);
  }

  /** Writes something else for the first object within the one that is meant. */
  private static byte[] write(Object object, Predicate<Object> holder, @Nullable Object forged)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Forger out = new Forger(bytes, holder, forged)) {
      out.writeObject(object);
    }
    return bytes.toByteArray();
  }

  private static final class Forger extends ObjectOutputStream {
    private final Predicate<Object> holder;
    private final @Nullable Object forged;
    private boolean within;

    Forger(ByteArrayOutputStream out, Predicate<Object> holder, @Nullable Object forged)
        throws IOException {
      super(out);
      this.holder = holder;
      this.forged = forged;
      enableReplaceObject(true);
    }

    @Override
    protected @Nullable Object replaceObject(Object object) {
      if (within) {
        within = false;
        return forged;
      }
      within = holder.test(object);
      return object;
    }
  }

  /** A stream of an object of a class, without a single field. */
  private static byte[] bare(Class<? extends Serializable> type, int flags) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeShort(ObjectStreamConstants.STREAM_MAGIC);
      out.writeShort(ObjectStreamConstants.STREAM_VERSION);
      out.writeByte(ObjectStreamConstants.TC_OBJECT);
      out.writeByte(ObjectStreamConstants.TC_CLASSDESC);
      out.writeUTF(type.getName());
      out.writeLong(ObjectStreamClass.lookup(type).getSerialVersionUID());
      out.writeByte(flags);
      out.writeShort(0);
      out.writeByte(ObjectStreamConstants.TC_ENDBLOCKDATA);
      out.writeByte(ObjectStreamConstants.TC_NULL);
    }
    return bytes.toByteArray();
  }

  private static Object read(byte[] bytes) throws IOException, ClassNotFoundException {
    return read(bytes, null);
  }

  private static Object read(byte[] bytes, @Nullable ObjectInputFilter filter)
      throws IOException, ClassNotFoundException {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      in.setObjectInputFilter(filter);
      return in.readObject();
    }
  }

  /** Replaces the one occurrence of four bytes. */
  private static byte[] patch(byte[] stream, int bits, int forged) {
    byte[] wanted = ByteBuffer.allocate(4).putInt(bits).array();
    int at = -1;
    for (int i = 0; i + 4 <= stream.length; i++) {
      if (Arrays.equals(wanted, Arrays.copyOfRange(stream, i, i + 4))) {
        assertEquals(-1, at, "two occurrences");
        at = i;
      }
    }
    assertTrue(at >= 0, "no occurrence");
    byte[] patched = stream.clone();
    ByteBuffer.wrap(patched).putInt(at, forged);
    return patched;
  }
}
