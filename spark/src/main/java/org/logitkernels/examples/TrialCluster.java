package org.logitkernels.examples;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.master.Master;
import org.apache.spark.deploy.worker.Worker;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * A standalone cluster of Spark on this machine, for a trial: a master and some workers, each a JVM
 * of its own, on free ports of the loopback interface. It has Spark's jars and none of this
 * project, as any cluster.
 */
final class TrialCluster implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final Pattern STARTED = Pattern.compile("Starting Spark master at (spark://\\S+)");
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Path home;
  private final List<Process> processes = new ArrayList<>();
  private final String master;

  /** Starts a master and workers of one core each. */
  TrialCluster(int workers) throws IOException, BadInputException {
    home = Files.createTempDirectory("spark-trial");
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    try {
      // What tells Spark that this is its home.
      Files.createFile(home.resolve("RELEASE"));
      Path jars = Files.createDirectory(home.resolve("jars"));
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        Path jar = Path.of(entry).toAbsolutePath();
        if (Files.isRegularFile(jar) && !Cluster.isOfThisProject(jar)) {
          Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
        }
      }
      start(Master.class, onAnyPort(HOST));
      master = masterUrl();
      for (int i = 0; i < workers; i++) {
        // Two names: Spark does a task a second time only on another host.
        List<String> arguments = new ArrayList<>(onAnyPort(i % 2 == 0 ? HOST : "localhost"));
        arguments.addAll(List.of("--cores", "1", "--memory", "2g"));
        arguments.addAll(List.of("--work-dir", home.resolve("work" + i).toString(), master));
        start(Worker.class, arguments);
      }
    } catch (IOException | BadInputException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Runs a class of Spark, the first argument, until standard input ends: as it does with the
   * process that has started this one, however that ends.
   *
   * @param args the class, and its arguments
   */
  public static void main(String[] args) {
    Thread.ofPlatform().daemon().start(TrialCluster::exitWithParent);
    String[] arguments = Stream.of(args).skip(1).toArray(String[]::new);
    if (args[0].equals(Master.class.getName())) {
      Master.main(arguments);
    } else {
      Worker.main(arguments);
    }
  }

  private static void exitWithParent() {
    try {
      System.in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The end as well.
    }
    System.exit(0);
  }

  private static List<String> onAnyPort(String host) {
    return List.of("--host", host, "--port", "0", "--webui-port", "0");
  }

  private void start(Class<?> program, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
    command.addAll(
        List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")); // they do little
    command.add("-Dspark.master.rest.enabled=false"); // a fixed port
    command.add("-Dspark.worker.timeout=600"); // seconds: a busy machine is not a lost worker
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(TrialCluster.class.getName(), program.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(log(processes.size()).toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("SPARK_"));
    environment.put("JAVA_HOME", System.getProperty("java.home")); // of the executors
    environment.put("SPARK_HOME", home.toString());
    environment.put("SPARK_SCALA_VERSION", "2.13");
    environment.put("SPARK_LOCAL_IP", HOST);
    environment.put("SPARK_LOCAL_DIRS", home.resolve("local").toString());
    processes.add(builder.start());
  }

  private Path log(int process) {
    return home.resolve("log" + process);
  }

  private String masterUrl() throws IOException, BadInputException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end && processes.getFirst().isAlive()) {
      Matcher started = STARTED.matcher(Files.readString(log(0)));
      if (started.find()) {
        return started.group(1);
      }
      pause();
    }
    String said = Files.readString(log(0)).lines().reduce("nothing", (first, last) -> last);
    throw new BadInputException(
        "the master of the trial cluster did not start; it said last: " + said);
  }

  /** Waits a moment. */
  static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for Spark", e);
    }
  }

  /** {@return the address of the master} */
  String master() {
    return master;
  }

  /** {@return the processes of an application's executors that are alive} */
  List<ProcessHandle> executors(JavaSparkContext context) {
    String application = "--app-id " + context.sc().applicationId();
    return processes.stream()
        .flatMap(Process::descendants)
        .filter(process -> process.info().commandLine().orElse("").contains(application))
        .toList();
  }

  /** Ends all processes, and removes what they have written. */
  @Override
  public void close() {
    List<ProcessHandle> all =
        processes.stream()
            .flatMap(process -> Stream.concat(process.descendants(), Stream.of(process.toHandle())))
            .toList();
    processes.reversed().forEach(Process::destroy); // workers end their executors
    try {
      for (Process process : processes) {
        process.waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    all.forEach(ProcessHandle::destroyForcibly);
    try (Stream<Path> files = Files.walk(home)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException | UncheckedIOException e) {
      // A file that was still being written: the folder is a temporary one.
    }
  }
}
