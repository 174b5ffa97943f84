package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.Frame;
import org.objectweb.asm.tree.analysis.SourceInterpreter;
import org.objectweb.asm.tree.analysis.SourceValue;

/**
 * No method is called on a vector that a loop carries, or that has come out of a loop: such a
 * vector is an argument. To the compiler it has the type of all widths, and it binds the call by
 * the type profile of the JDK's own method. Where that is empty, the call stays a call for good,
 * and every vector that it meets is allocated: in one JVM of some.
 */
class LoopReceiversTest {
  @Test
  void noMethodIsCalledOnAVectorThatALoopCarries() throws Exception {
    List<String> found = new ArrayList<>();
    Path classes =
        Path.of(ExpSum.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    int seen = 0;
    try (Stream<Path> files = Files.list(classes.resolve("org/logitkernels/vector"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        seen += calls(Files.readAllBytes(file), found);
      }
    }
    assertTrue(seen > 1000, seen + " calls seen");
    assertEquals(List.of(), found);
  }

  /** What the test would find. */
  static final class Wrong {
    static FloatVector carried(FloatVector v, int rounds) {
      FloatVector sum = FloatVector.zero(Species.FLOATS);
      for (int i = 0; i < rounds; i++) {
        sum = sum.add(v);
      }
      return sum;
    }

    static FloatVector leaves(FloatVector v, int rounds) {
      FloatVector sum = FloatVector.zero(Species.FLOATS);
      for (int i = 0; i < rounds; i++) {
        sum = v.add(sum);
      }
      return sum.neg();
    }

    static FloatVector right(FloatVector v, int rounds) {
      FloatVector sum = FloatVector.zero(Species.FLOATS);
      for (int i = 0; i < rounds; i++) {
        FloatVector twice = v.add(v);
        if (i == 3) {
          twice = twice.neg();
        }
        sum = twice.abs().add(sum);
      }
      return v.add(sum);
    }
  }

  @Test
  void bothKindsOfReceiversAreFound() throws IOException, URISyntaxException, AnalyzerException {
    List<String> found = new ArrayList<>();
    String name = "/" + Wrong.class.getName().replace('.', '/') + ".class";
    try (var in = Wrong.class.getResourceAsStream(name)) {
      calls(in.readAllBytes(), found);
    }
    assertEquals(2, found.size(), found::toString);
    assertTrue(found.get(0).contains("Wrong.carried: add"), found::toString);
    assertTrue(found.get(1).contains("Wrong.leaves: neg"), found::toString);
  }

  /** Adds the calls of a class that are wrong; returns how many calls it has. */
  private static int calls(byte[] bytes, List<String> found) throws AnalyzerException {
    ClassNode type = new ClassNode();
    new ClassReader(bytes).accept(type, ClassReader.SKIP_FRAMES);
    int seen = 0;
    for (MethodNode method : type.methods) {
      Frame<SourceValue>[] frames = new Analyzer<>(new Sources()).analyze(type.name, method);
      InsnList code = method.instructions;
      int line = 0;
      for (int at = 0; at < code.size(); at++) {
        if (code.get(at) instanceof org.objectweb.asm.tree.LineNumberNode number) {
          line = number.line;
        }
        if (code.get(at) instanceof MethodInsnNode call
            && frames[at] != null
            && call.getOpcode() == Opcodes.INVOKEVIRTUAL
            && call.owner.matches("jdk/incubator/vector/\\w*Vector")) {
          seen++;
          int arguments = Type.getArgumentTypes(call.desc).length;
          Frame<SourceValue> frame = frames[at];
          SourceValue receiver = frame.getStack(frame.getStackSize() - 1 - arguments);
          if (isCarried(code, receiver.insns)) {
            String simple = type.name.substring(type.name.lastIndexOf('/') + 1);
            found.add(simple + "." + method.name + ": " + call.name + " in line " + line);
          }
        }
      }
    }
    return seen;
  }

  /** Whether a loop is entered with a value from before it or with one from within. */
  private static boolean isCarried(InsnList code, Set<AbstractInsnNode> sources) {
    for (int at = 0; at < code.size(); at++) {
      if (code.get(at) instanceof JumpInsnNode jump && code.indexOf(jump.label) < at) {
        int head = code.indexOf(jump.label);
        boolean before = false;
        boolean within = false;
        for (AbstractInsnNode source : sources) {
          int place = code.indexOf(source);
          before |= place < head;
          within |= place >= head && place <= at;
        }
        if (before && within) {
          return true;
        }
      }
    }
    return false;
  }

  /** Where values come from, through local variables and casts. */
  private static final class Sources extends SourceInterpreter {
    Sources() {
      super(Opcodes.ASM9);
    }

    @Override
    public SourceValue copyOperation(AbstractInsnNode insn, SourceValue value) {
      return value.insns.isEmpty() ? super.copyOperation(insn, value) : value;
    }

    @Override
    public SourceValue unaryOperation(AbstractInsnNode insn, SourceValue value) {
      return insn.getOpcode() == Opcodes.CHECKCAST && !value.insns.isEmpty()
          ? value
          : super.unaryOperation(insn, value);
    }
  }
}
