package org.logitkernels.bench;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs of every kind, as files hold them. */
record Runs(
    List<Result.Run> warm,
    List<LimitRun> limits,
    List<Sweep.Run> sweeps,
    List<ColdResult.Run> cold,
    List<EngineRun> engines) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of one warm run. */
  static Runs of(Result.Run run) {
    return new Runs(List.of(run), List.of(), List.of(), List.of(), List.of());
  }

  /** Of one run of sweeps. */
  static Runs of(Sweep.Run run) {
    return new Runs(List.of(), List.of(), List.of(run), List.of(), List.of());
  }

  /** Of one run of fresh JVMs. */
  static Runs of(ColdResult.Run run) {
    return new Runs(List.of(), List.of(), List.of(), List.of(run), List.of());
  }

  /** What files hold, in their order. */
  static Runs read(List<Path> files) throws IOException {
    Runs runs =
        new Runs(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    for (Path file : files) {
      JsonNode run = read(file, JsonNode.class);
      if (run.has("sweeps")) {
        runs.sweeps.add(read(file, Sweep.Run.class));
      } else if (run.has("engines")) {
        runs.engines.add(read(file, EngineRun.class));
      } else if (run.has("compiler")) { // of C++
        runs.limits.add(read(file, LimitRun.class));
      } else if (run.has("seconds")) { // which only fresh JVMs are given
        runs.cold.add(read(file, ColdResult.Run.class));
      } else {
        runs.warm.add(read(file, Result.Run.class));
      }
    }
    return runs;
  }

  static <T> T read(Path file, Class<T> type) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(file + " does not exist");
    }
    try {
      T run = JSON.readValue(file.toFile(), type);
      if (run instanceof JsonNode node ? !node.has("commit") : run == null) {
        throw new IllegalArgumentException(file + " holds no results: it names no commit");
      }
      return run;
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + " holds no results: " + e.getOriginalMessage(), e);
    }
  }
}
