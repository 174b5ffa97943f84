package org.logitkernels.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/** Where code allocates, sampled by the JVM's flight recorder: for the message of a failure. */
final class AllocationSites {
  /** Frames of a site that are told. */
  private static final int DEPTH = 10;

  /** Sites that are told. */
  private static final int MOST = 4;

  private AllocationSites() {}

  /** The places at which most was allocated while something ran. */
  static String of(Runnable work) {
    try {
      Path file = Files.createTempFile("allocation", ".jfr");
      try (Recording recording = new Recording()) {
        recording.enable("jdk.ObjectAllocationSample").withStackTrace().with("throttle", "1000/s");
        recording.start();
        work.run();
        recording.stop();
        recording.dump(file);
        return told(RecordingFile.readAllEvents(file));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String told(List<RecordedEvent> events) {
    Map<String, Long> bytes = new TreeMap<>();
    for (RecordedEvent event : events) {
      RecordedStackTrace stack = event.getStackTrace();
      if (stack != null && stack.getFrames().stream().anyMatch(AllocationSites::isOurs)) {
        String site =
            event.getClass("objectClass").getName()
                + stack.getFrames().stream()
                    .limit(DEPTH)
                    .map(AllocationSites::told)
                    .collect(Collectors.joining());
        bytes.merge(site, event.getLong("weight"), Long::sum);
      }
    }
    List<Map.Entry<String, Long>> sites = new ArrayList<>(bytes.entrySet());
    sites.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
    return sites.stream()
        .limit(MOST)
        .map(site -> "\n" + site.getValue() + " bytes of " + site.getKey())
        .collect(Collectors.joining());
  }

  private static boolean isOurs(RecordedFrame frame) {
    String type = frame.getMethod().getType().getName();
    return type.startsWith("org.logitkernels.") && !type.startsWith("org.logitkernels.testkit.");
  }

  private static String told(RecordedFrame frame) {
    return "\n    "
        + frame.getMethod().getType().getName()
        + "."
        + frame.getMethod().getName()
        + ":"
        + frame.getLineNumber()
        + " ("
        + frame.getType()
        + ")";
  }
}
