import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * The last step of a module's build: java JarsAnew.java TARGET VERSION TIME
 *
 * <p>Adds licence and notice to every jar of the module, and the module descriptor to that of its
 * classes. So each jar is written anew, and whoever builds gets the same: Maven's plugins leave in
 * a jar what the umask made of permissions.
 */
class JarsAnew {
  public static void main(String[] args) throws IOException {
    Path target = Path.of(args[0]);
    List<Path> jars;
    try (Stream<Path> files = Files.list(target)) {
      jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
    for (Path jar : jars) {
      List<String> arguments =
          new ArrayList<>(List.of("--update", "--file=" + jar, "--date=" + args[2]));
      boolean ofClasses = jar.toString().endsWith("-" + args[1] + ".jar");
      if (ofClasses) {
        arguments.add("--module-version=" + args[1]);
      }
      String classes = target.resolve("classes").toString();
      arguments.addAll(List.of("-C", classes, "META-INF/LICENSE", "-C", classes, "META-INF/NOTICE"));
      if (ofClasses) {
        arguments.addAll(List.of("-C", classes, "module-info.class"));
      }
      int status =
          ToolProvider.findFirst("jar")
              .orElseThrow()
              .run(System.out, System.err, arguments.toArray(String[]::new));
      if (status != 0) {
        System.exit(status);
      }
    }
  }
}
