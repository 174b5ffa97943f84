package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.logitkernels.examples.SparkCase.Run;

/** Jobs on threads of this JVM: the same as one process. */
class SparkLocalTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void theSameTokensInAnyPartitionsAndStages() throws Exception {
    SparkCase tales = SparkCase.of(24, 60);
    List<List<Integer>> expected = tales.alone();
    assertTrue(expected.stream().distinct().count() > 20);
    try (Cluster cluster = new Cluster()) {
      JavaSparkContext context = SparkCase.open(cluster, "--master", "local[2]");
      ExecutorKernels kernels = new ExecutorKernels(context);
      for (int partitions : new int[] {1, 5, 30}) {
        for (int stages : new int[] {1, 2, 7}) {
          JavaRDD<Tale> begun = context.parallelize(tales.begun(), partitions);
          JavaRDD<Tale> told =
              TaleTeller.tell(begun, tales.chain(), tales.steps(), stages, kernels);
          assertEquals(expected, SparkCase.tokens(told.collect()));
        }
      }
      assertEquals(List.of(), kernels.missing());
    }
  }

  @Test
  void talesMoveToOtherPartitions() throws Exception {
    SparkCase tales = SparkCase.of(24, 40);
    try (Cluster cluster = new Cluster()) {
      JavaSparkContext context = SparkCase.open(cluster, "--master", "local[2]");
      JavaRDD<Tale> begun = context.parallelize(tales.begun(), 6);
      JavaRDD<Tale> told =
          TaleTeller.tell(begun, tales.chain(), 40, 2, new ExecutorKernels(context));
      List<Integer> before = partitions(begun);
      List<Integer> after = partitions(told);
      long stayed = IntStream.range(0, 24).filter(i -> before.get(i).equals(after.get(i))).count();
      assertTrue(stayed < 12, before + " and " + after);
    }
  }

  @Test
  void talesMoveBetweenAllStages() throws Exception {
    SparkCase tales = SparkCase.of(24, 9);
    try (Cluster cluster = new Cluster()) {
      JavaSparkContext context = SparkCase.open(cluster, "--master", "local[2]");
      ExecutorKernels kernels = new ExecutorKernels(context);
      List<Integer> before = List.of();
      for (int stages = 2; stages < 5; stages++) { // the last of so many
        JavaRDD<Tale> begun = context.parallelize(tales.begun(), 6);
        List<Integer> after = partitions(TaleTeller.tell(begun, tales.chain(), 9, stages, kernels));
        List<Integer> was = before;
        assertTrue(
            was.isEmpty() || IntStream.range(0, 24).noneMatch(i -> was.get(i).equals(after.get(i))),
            was + " and " + after);
        assertEquals(6, after.stream().distinct().count());
        before = after;
      }
    }
  }

  /** What Spark would have to do as a whole once more, it says of itself. */
  @Test
  void noMoveDependsOnTheOrderOfTales() throws Exception {
    SparkCase tales = SparkCase.of(4, 9);
    try (Cluster cluster = new Cluster()) {
      JavaSparkContext context = SparkCase.open(cluster, "--master", "local[2]");
      for (int stages = 1; stages < 5; stages++) {
        JavaRDD<Tale> begun = context.parallelize(tales.begun(), 2);
        JavaRDD<Tale> told =
            TaleTeller.tell(begun, tales.chain(), 9, stages, new ExecutorKernels(context));
        String level = told.rdd().outputDeterministicLevel().toString();
        assertEquals(stages == 1 ? "DETERMINATE" : "UNORDERED", level);
      }
    }
  }

  /** The partition of each tale. */
  private static List<Integer> partitions(JavaRDD<Tale> tales) {
    List<List<Tale>> parts = tales.glom().collect();
    List<Integer> partitions = new ArrayList<>();
    for (int number = 0; partitions.size() == number; number++) {
      for (int part = 0; part < parts.size(); part++) {
        for (Tale tale : parts.get(part)) {
          if (tale.number() == number) {
            partitions.add(part);
          }
        }
      }
    }
    return partitions;
  }

  @Test
  void theTalesAreThoseOfGenerate() throws Exception {
    Path prompts = Files.writeString(folder.resolve("prompts"), "The dragon\nOnce upon a time\n");
    Path file = folder.resolve("tales");
    Run.of(
            SparkTales::run,
            "--master local[2] --seed 7 --steps 120 --tales 3 --partitions 2",
            "--prompts",
            prompts.toString(),
            "--out",
            file.toString())
        .works();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String prompt = i == 1 ? "Once upon a time" : "The dragon";
      Run generated =
          Run.of(
              (out, err, args) -> Generate.run(out, err, 80, args),
              "--steps 120 --seed " + (7 + i),
              "--prompt",
              prompt);
      expected.add(generated.works().out());
    }
    assertEquals(String.join("\n", expected), Files.readString(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count());
    }
  }

  @Test
  void withoutAFileTalesArePrinted() {
    Run run =
        Run.of(
            SparkTales::run,
            "--master local[2] --seed 7 --steps 20 --tales 2 --chain mirostat_v2(tau=3,eta=0.1)");
    assertTrue(run.works().out().startsWith("Once upon a time"), run.out());
    assertTrue(run.err().contains("2 tales, "), run.err());
    assertTrue(
        run.err()
            .contains("stages 1, partitions 8, tasks 8 (0 of them lost or late), executors 1, "),
        run.err());
  }

  @Test
  void perplexitiesHaveTheBitsOfOneProcess() throws Exception {
    String logits = folder.resolve("a.logits").toString();
    String text =
        Files.writeString(folder.resolve("text"), "One day.\n\nThe cat sat.\n").toString();
    String json = folder.resolve("json").toString();
    Run bundled = Run.of(Evaluate::run, "--json " + json).works();
    assertEquals(bundled.out(), evaluate("--partitions 7").out());
    assertEquals(bundled.out(), evaluate("--partitions 1").out());
    Run some = Run.of(Evaluate::run, "--text " + text + " --store " + logits).works();
    assertEquals(some.out(), evaluate("--partitions 3 --text " + text).out());
    Run stored = Run.of(Evaluate::run, logits).works();
    assertEquals(stored.out(), evaluate("--partitions 3 " + logits).out());

    try (Cluster cluster = new Cluster()) { // all bits, where a table shows six decimals
      JavaSparkContext context = SparkCase.open(cluster, "--master", "local[2]");
      Tokenizer tokenizer = Tokenizer.read(SparkCase.model("tokenizer.bin"), 2048);
      List<int[]> texts = Evaluate.texts(null, tokenizer, 256);
      String sums =
          PerplexityJob.ofTexts(context.parallelize(texts, 5), new ExecutorKernels(context))
              .toString();
      assertTrue(Files.readString(Path.of(json)).contains("\"" + sums + "\""), sums);
    }
  }

  private static Run evaluate(String args) {
    return Run.of(SparkEvaluate::run, "--master local[2] " + args).works();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --quick                          | Unknown option: '--quick'
          --master here                    | --master: 'here' is neither local[N] nor spark://HOST:PORT
          --master local[0]                | --master: 'local[0]' is neither
          --master spark://127.0.0.1:1     | --master: nothing answers at spark://127.0.0.1:1; without
          --master spark://127.0.0.1       | --master: nothing answers at spark://127.0.0.1; without
          --master local --cluster         | --master and --cluster do not go together
          --prompts none.txt               | the file of prompts none.txt does not exist
          --prompts src                    | the file of prompts src is not a readable file
          --prompts java.options --steps 9 | line 1 of java.options: --steps counts the prompt's
          --prompt A --prompts b           | --prompt and --prompts do not go together
          --partitions 0                   | --partitions must be >= 1, but was 0
          --partitions two                 | Invalid value for option '--partitions'
          --tales 0                        | --tales must be >= 1, but was 0
          --steps 2                        | --steps counts the prompt's
          --stages 0                       | --stages must be in [1, 100], but was 0
          --chain mirostat_v2(tau=3,eta=0.1) --stages 2 | --stages must be 1 with mirostat
          --chain allowed()                | --chain: nothing here gives the mask
          --chain hotter=1                 | --chain: unknown step 'hotter'
          --conf speculation               | --conf takes a setting such as spark.speculation=true
          --conf spark.driver.port=none    | Spark does not start with the master local[*]:
          --out nowhere/tales              | --out: nowhere/tales is no file that can be written
          --out src                        | --out: src is no file that can be written
          """)
  void whatCannotBeUsedIsSaid(String args, String message) {
    Run.of(SparkTales::run, args).fails(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          none.logits               | the file of logits none.logits does not exist
          java.options              | java.options is no file of logits
          a.logits --text b         | a file of logits and --text do not go together
          --text none.txt           | the text none.txt does not exist
          """)
  void whatCannotBeEvaluatedIsSaid(String args, String message) {
    Run.of(SparkEvaluate::run, "--evaluate " + args).fails(message);
  }

  /** Found by a task, in the midst of the job. */
  @Test
  void aBadRowIsNamed() throws Exception {
    int rows = 10;
    int vocabulary = 4;
    ByteBuffer bytes =
        ByteBuffer.allocate(64 + rows * (4 * vocabulary + 4)).order(ByteOrder.nativeOrder());
    bytes.put("LKLOGITS".getBytes()).putInt(1).putInt(0x01020304).putInt(0).putInt(vocabulary);
    bytes.putLong(rows).putFloat(64 + 4 * (7 * vocabulary + 2), Float.NaN);
    Path file = Files.write(folder.resolve("nan.logits"), bytes.array());
    Run.of(SparkEvaluate::run, "--master local[2] --partitions 4 " + file)
        .fails("row 7 of " + file + ": logit 2 is NaN");
  }

  /** bin/spark-tales --help shows files, so that it need not build the program first. */
  @Test
  void theFilesAreWhatTheProgramsSay() throws Exception {
    assertIsWritten(SparkTales::run, "help.txt");
    assertIsWritten(SparkEvaluate::run, "help-evaluate.txt");
    assertIsWritten(SparkCost::run, "help-cost.txt");
  }

  private static void assertIsWritten(Run.Program program, String file) throws Exception {
    String help = Run.of(program, "--help").works().out();
    Path written = Files.writeString(Path.of("target", file), help);
    String message = "the options have changed: cp spark/" + written + " spark/" + file;
    assertEquals(help, Files.readString(Path.of(file)), message);
  }
}
