package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.List;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** Texts of chains: those that chains write, and any others. */
public final class TextTarget {
  private static final String[] WORDS = {
    "temperature",
    "dynamic_temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "top_n_sigma",
    "xtc",
    "epsilon_cutoff",
    "eta_cutoff",
    "top_h",
    "p_less",
    "soft_cap",
    "mirostat_v1",
    "mirostat_v2",
    "adaptive_p",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "dry",
    "no_repeat_ngram",
    "logit_bias",
    "banned",
    "min_length",
    "allowed",
    "min_keep",
    "prompt",
    "last",
    "sequences",
    "breakers",
    "ends",
    "threshold",
    "probability",
    "penalty",
    "multiplier",
    "=",
    "=",
    "=",
    "(",
    "(",
    ")",
    ")",
    ", ",
    ", ",
    ",",
    ";",
    "|",
    " ",
    "\n",
    "\r\n",
    "\f",
    "\u00a0",
    "\u2003",
    "\ufeff",
    "\u200b",
    "0",
    "1",
    "0.5",
    "40",
    "1e9",
    "-1",
    "-Infinity",
    "1.0000000001",
    "NaN",
    "2147483647",
    "2147483648",
    "007",
    "true",
    "false",
    "\u0663",
    "1.",
    ".5",
    "1e-50",
    "1e50",
    "+2",
    "_",
    "\uD83D\uDE00"
  };

  private TextTarget() {}

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    switch (cases.between(0, 3)) {
      case 0 -> {
        List<Step> steps = cases.steps(6, 50);
        SamplerChain chain = SamplerChain.of(steps.toArray(new Step[0]));
        String text = chain.toString();
        long names = steps.stream().map(step -> name(step.toString())).distinct().count();
        if (names == steps.size()) {
          SamplerChain read = SamplerChain.parse(text);
          assertEquals(chain, read);
          assertEquals(chain.hashCode(), read.hashCode());
        } else {
          parse(text);
        }
      }
      case 1 -> parse(data.consumeRemainingAsString());
      default -> {
        StringBuilder text = new StringBuilder();
        for (int i = cases.between(0, 24); i > 0; i--) {
          text.append(
              cases.oneIn(12) ? data.consumeString(3) : WORDS[cases.between(0, WORDS.length - 1)]);
        }
        parse(text.toString());
      }
    }
  }

  private static String name(String step) {
    return step.split("[=(]", 2)[0];
  }

  /** Reads it and, what it read, again; or says where it cannot, in one line. */
  private static void parse(String text) {
    SamplerChain chain;
    try {
      chain = SamplerChain.parse(text);
    } catch (IllegalArgumentException e) {
      assertEquals(IllegalArgumentException.class, e.getClass());
      String message = String.valueOf(e.getMessage());
      assertTrue(message.matches("[^\\p{Cntrl}]+, at \\d+ of \"[^\\p{Cntrl}]*\""), message);
      if (text.matches("[\\p{L}\\p{N}\\p{P}\\p{S} ]*")) { // all of it shows
        assertTrue(message.endsWith(" of \"" + text + "\""), message);
      }
      return;
    }
    assertEquals(chain, SamplerChain.parse(chain.toString()));
  }
}
