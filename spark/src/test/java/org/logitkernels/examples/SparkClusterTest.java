package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.logitkernels.examples.SparkCase.Run;

/** Jobs on a standalone cluster: the same tokens as one process, whatever becomes of executors. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class SparkClusterTest {
  private static final int PARTITIONS = 12;
  private static final int STEPS = 100;

  private static TrialCluster trial;
  private static SparkCase tales;
  private static List<List<Integer>> expected;

  @BeforeAll
  static void start() throws Exception {
    tales = SparkCase.of(48, STEPS);
    expected = tales.alone();
    trial = new TrialCluster(2);
  }

  /** No process of the cluster is left. */
  @AfterAll
  static void stop() throws Exception {
    List<ProcessHandle> processes = ProcessHandle.current().descendants().toList();
    assertTrue(processes.size() >= 3);
    trial.close();
    for (ProcessHandle process : processes) {
      process.onExit().get(1, TimeUnit.MINUTES);
    }
  }

  private static JavaSparkContext open(Cluster cluster, String... settings) throws Exception {
    List<String> options = new ArrayList<>(List.of("--master", trial.master()));
    for (String setting : settings) {
      options.addAll(List.of("--conf", setting));
    }
    return SparkCase.open(cluster, options.toArray(String[]::new));
  }

  /** Waits until so many tasks have begun and so many executors are there. */
  private static void await(Cluster cluster, JavaSparkContext context, int tasks) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (cluster.tasks.begun.get() < tasks || trial.executors(context).isEmpty()) {
      assertTrue(System.nanoTime() < end, "no task has begun");
      TrialCluster.pause();
    }
  }

  /**
   * In the first stage; in the second, when what the first has written is lost as well; and in the
   * last of three, when some tales have come to their end.
   */
  @ParameterizedTest
  @CsvSource({"2, 3", "2, 15", "3, 31"})
  void anExecutorThatIsKilledChangesNoToken(int stages, int begun) throws Exception {
    try (Cluster cluster = new Cluster()) {
      JavaSparkContext context = open(cluster);
      List<String> lost = Collections.synchronizedList(new ArrayList<>());
      context
          .sc()
          .addSparkListener(
              new SparkListener() {
                @Override
                public void onTaskEnd(SparkListenerTaskEnd end) {
                  if (end.reason() instanceof ExecutorLostFailure) {
                    lost.add(end.taskInfo().id());
                  }
                }
              });
      JavaRDD<Tale> told =
          TaleTeller.tell(
              context.parallelize(tales.begun(), PARTITIONS),
              tales.chain(),
              STEPS,
              stages,
              new ExecutorKernels(context));
      JavaFutureAction<List<Tale>> job = told.collectAsync();
      await(cluster, context, begun);
      ProcessHandle killed = trial.executors(context).getFirst();
      assertTrue(killed.destroyForcibly());
      assertEquals(expected, SparkCase.tokens(job.get()));
      assertTrue(!lost.isEmpty(), "no task was lost");
      assertTrue(cluster.tasks.begun.get() > stages * PARTITIONS, "no task was repeated");
    }
  }

  /** An executor stands still, and its tasks are done a second time elsewhere. */
  @Test
  void speculativeDuplicatesChangeNoToken() throws Exception {
    try (Cluster cluster = new Cluster()) {
      JavaSparkContext context =
          open(
              cluster,
              "spark.speculation=true",
              "spark.speculation.quantile=0.3",
              "spark.speculation.multiplier=1.1");
      JavaRDD<Tale> told =
          TaleTeller.tell(
              context.parallelize(tales.begun(), PARTITIONS),
              tales.chain(),
              STEPS,
              1,
              new ExecutorKernels(context));
      JavaFutureAction<List<Tale>> job = told.collectAsync();
      await(cluster, context, 3);
      ProcessHandle slow = trial.executors(context).getFirst();
      signal("STOP", slow);
      try {
        assertEquals(expected, SparkCase.tokens(job.get()));
      } finally {
        signal("CONT", slow);
      }
      assertTrue(cluster.tasks.speculative.get() > 0, "no task was done twice");
    }
  }

  private static void signal(String name, ProcessHandle process) throws Exception {
    assertEquals(0, new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor());
  }

  @Test
  void aPerplexityHasTheBitsOfOneProcess() {
    Run alone = Run.of(Evaluate::run, "--backend auto").works();
    Run run = Run.of(SparkEvaluate::run, "--partitions 5 --master " + trial.master()).works();
    assertEquals(alone.out(), run.out());
    assertTrue(run.err().contains("executors 2, backend "), run.err());
  }

  /** Executors without vectors: the same tales, and a line says so. */
  @Test
  void executorsWithoutVectorsAreNamed() {
    String args = "--steps 60 --seed 3 --tales 8 --partitions 4 --master ";
    Run fast = Run.of(SparkTales::run, args + trial.master()).works();
    Run slow =
        Run.of(
                SparkTales::run,
                args + trial.master(),
                "--conf",
                "spark.executor.extraJavaOptions=-Dorg.logitkernels.backend=scalar")
            .works();
    assertEquals(fast.out(), slow.out());
    assertEquals(1, fast.err().lines().count(), fast.err());
    assertTrue(
        slow.err()
            .startsWith("spark-tales: on executors, vector is not in use: the system property"),
        slow.err());
    assertTrue(slow.err().contains("backend scalar"), slow.err());
  }

  @Test
  void theProgramStartsAClusterAndEndsIt() throws Exception {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    long before = folders(folder);
    List<ProcessHandle> processes = ProcessHandle.current().descendants().toList();
    String args = "--steps 60 --seed 3 --tales 8 --partitions 4 ";
    Run run = Run.of(SparkTales::run, args + "--cluster").works();
    assertEquals(Run.of(SparkTales::run, args + "--master local[2]").out(), run.out());
    assertEquals(before, folders(folder));
    assertTrue(processes.containsAll(ProcessHandle.current().descendants().toList()));
  }

  private static long folders(Path folder) throws Exception {
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith("spark-trial")).count();
    }
  }

  @Test
  void aClusterWithoutAFreeExecutorIsNamed() {
    Run.of(SparkTales::run, "--conf spark.executor.memory=900g --wait 3 --master " + trial.master())
        .fails(trial.master() + " gave no executor in 3 s");
  }
}
