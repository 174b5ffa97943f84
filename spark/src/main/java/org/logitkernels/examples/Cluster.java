package org.logitkernels.examples;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a job runs: the options that say so, and the context of Spark that they open. */
final class Cluster implements AutoCloseable {
  /** The checkpoint, as executors call the file that they are sent. */
  static final String MODEL = "model.bin";

  private static final int WORKERS = 2;
  private static final Pattern LOCAL = Pattern.compile("local(\\[([1-9][0-9]*|\\*)(, *[0-9]+)?])?");
  private static final Pattern STANDALONE = Pattern.compile("spark://([^/]+)");

  @Option(
      names = "--master",
      paramLabel = "URL",
      description =
          "The cluster: spark://HOST:PORT, or local[N] for N threads of this JVM (default: local, with a thread for each processor).")
  private @Nullable String master;

  @Option(
      names = "--cluster",
      description =
          "Start a standalone cluster for this run: a master and two workers on this machine.")
  private boolean trial;

  @Option(
      names = "--partitions",
      paramLabel = "N",
      description = "In how many parts the work is divided (default: four for each core).")
  private @Nullable Integer partitions;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description = "A setting of Spark, such as spark.speculation=true; may be given repeatedly.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long to wait for an executor (default: ${DEFAULT-VALUE}).")
  private int wait;

  final TaskCount tasks = new TaskCount();
  private @Nullable TrialCluster started;
  private @Nullable JavaSparkContext context;

  /** Whether a jar is one of those that a cluster does not have, and is sent. */
  static boolean isOfThisProject(Path jar) {
    return jar.getFileName().toString().startsWith("logit-kernels-");
  }

  /** Starts what is to be started, and waits for an executor. */
  JavaSparkContext open(String name) throws BadInputException {
    if (partitions != null && partitions < 1) {
      throw new BadInputException("--partitions must be >= 1, but was " + partitions);
    }
    String url = master();
    boolean local = url.startsWith("local");
    SparkConf conf =
        new SparkConf().setMaster(url).setAppName(name).set("spark.ui.enabled", "false");
    if (!local) {
      conf.set("spark.jars", jars());
    }
    if (local || url.contains("//127.0.0.1:") || url.contains("//localhost:")) {
      conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1");
    }
    for (String setting : settings) {
      String[] parts = setting.split("=", 2);
      if (parts.length < 2 || !parts[0].startsWith("spark.")) {
        throw new BadInputException(
            "--conf takes a setting such as spark.speculation=true, but was '" + setting + "'");
      }
      conf.set(parts[0], parts[1]);
    }
    try {
      context = new JavaSparkContext(conf);
    } catch (Exception e) { // Scala's methods throw what they like
      throw new BadInputException(
          "Spark does not start with the master %s: %s%s"
              .formatted(url, firstLine(e.getMessage()), seeLog()));
    }
    context.sc().addSparkListener(tasks);
    if (!local) {
      awaitExecutor(context, url);
    }
    return context;
  }

  private String master() throws BadInputException {
    if (master == null && !trial) {
      return "local[*]";
    }
    if (master == null) {
      try {
        started = new TrialCluster(WORKERS);
      } catch (IOException e) {
        throw new BadInputException("the trial cluster does not start: " + e.getMessage());
      }
      return started.master();
    }
    if (trial) {
      throw new BadInputException(
          "--master and --cluster do not go together: a job has one cluster");
    }
    Matcher standalone = STANDALONE.matcher(master);
    if (!LOCAL.matcher(master).matches() && !standalone.matches()) {
      throw new BadInputException(
          "--master: '" + master + "' is neither local[N] nor spark://HOST:PORT");
    }
    if (standalone.matches()) {
      String[] hosts = standalone.group(1).split(",");
      if (Stream.of(hosts).noneMatch(Cluster::answers)) {
        throw new BadInputException(
            "--master: nothing answers at %s; without a cluster of your own, take --cluster"
                .formatted(master));
      }
    }
    return master;
  }

  private static boolean answers(String address) {
    int colon = address.lastIndexOf(':');
    if (colon < 1 || !address.substring(colon + 1).matches("[0-9]{1,5}")) {
      return false;
    }
    try (Socket socket = new Socket()) {
      int port = Integer.parseInt(address.substring(colon + 1));
      socket.connect(new InetSocketAddress(address.substring(0, colon), port), 10_000);
      return true;
    } catch (IOException | IllegalArgumentException e) { // a port above 65,535
      return false;
    }
  }

  private static String jars() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(Cluster::isOfThisProject)
        .map(jar -> jar.toAbsolutePath().toString())
        .collect(Collectors.joining(","));
  }

  private void awaitExecutor(JavaSparkContext context, String url) throws BadInputException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(wait);
    while (context.statusTracker().getExecutorInfos().length < 2) { // the first is this JVM
      if (context.sc().isStopped() || System.nanoTime() > end) {
        throw new BadInputException(
            ("%s gave no executor in %d s: no worker has a free core and the memory that is asked "
                    + "for, or its executors do not start%s")
                .formatted(url, wait, seeLog()));
      }
      TrialCluster.pause();
    }
  }

  /** {@return in how many parts work is divided} */
  int partitions(JavaSparkContext context) {
    return partitions == null ? 4 * Math.max(1, context.defaultParallelism()) : partitions;
  }

  /** {@return the cluster that was started for this run, if one was} */
  @Nullable TrialCluster started() {
    return started;
  }

  /** What a job has failed of, in a sentence. */
  static BadInputException failed(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BadInputException bad) {
        return bad;
      }
    }
    return new BadInputException("the job failed: " + firstLine(e.getMessage()) + seeLog());
  }

  private static String firstLine(@Nullable String message) {
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  private static String seeLog() {
    String log = System.getProperty("org.logitkernels.examples.log");
    return log == null ? "" : "; Spark's log is " + log;
  }

  @Override
  public void close() {
    if (context != null) {
      context.close();
    }
    if (started != null) {
      started.close();
    }
  }
}
