package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.logitkernels.testkit.Browser;

/** The page of tales in headless Chromium: in the profile {@code browser}. */
@Tag("browser")
class TalePageBrowserTest {
  private static final Browser.Screen DESKTOP = new Browser.Screen(1280, 900, false);
  private static final Browser.Screen PHONE = new Browser.Screen(390, 844, true);

  @TempDir private Path folder = Path.of("");

  /** The page after a script has done what a person would: as text, what it left in the places. */
  private String after(String deeds, Browser.Screen screen, String... args) throws Exception {
    Path file = folder.resolve("page.html");
    String[] all = java.util.Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--html";
    all[args.length + 1] = file.toString();
    Run run = Run.bundled(all);
    assertEquals(0, run.status(), run.err());
    return opened(file, deeds, screen);
  }

  private String opened(Path file, String deeds, Browser.Screen screen) throws Exception {
    String script =
        """
        <pre id="seen"></pre><script>
        {
          const seen = {textContent: []};
          const say = (...words) => seen.textContent.push(words.join(' '));
          const options = [...document.querySelectorAll('[role=option]')];
          const text = selector => document.querySelector(selector).textContent;
          const press = key => document.activeElement.dispatchEvent(
            new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
          const point = element => element.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
          %s
          document.getElementById('seen').textContent = seen.textContent.join('\\n');
        }
        </script></body>
        """;
    String html = Files.readString(file).replace("</body>", script.formatted(deeds));
    Browser.Page page =
        Browser.find().open(Files.writeString(folder.resolve("used.html"), html), screen);
    assertEquals(List.of(), page.console());
    assertEquals(List.of(), page.requests());
    int from = page.dom().indexOf("<pre id=\"seen\">") + 15;
    return page.dom().substring(from, page.dom().indexOf("</pre>", from));
  }

  @Test
  void tokensAreDrawnAndShowTheirCandidates() throws Exception {
    String[] args = {"--seed", "7", "--steps", "20"};
    String seen =
        after(
            """
            say(options.length, text('.tokens').replaceAll('↵', ''));
            options[1].focus();
            say('focus', text('#chosen'), text('.drawn'), options[1].getAttribute('aria-selected'));
            point(options[0]);
            say('point', text('#chosen'), text('.drawn'));
            document.querySelector('[role=listbox]').dispatchEvent(new PointerEvent('pointerleave'));
            say('leave', text('#chosen'));
            press('End');
            say('end', text('#chosen'), options.filter(o => o.tabIndex === 0).length);
            press('ArrowLeft');
            press('ArrowRight');
            press('ArrowUp');
            say('keys', text('#chosen').split(':')[0]);
            options[2].click();
            say('click', document.activeElement === options[2], text('#chosen').split(':')[0]);
            """,
            DESKTOP,
            args);
    List<String> lines = seen.lines().toList();
    String tale = Run.bundled(args).out().strip();
    assertEquals("15 " + tale, lines.get(0));
    // before and behind the chain as --explain prints them
    String explained = Run.bundled("--explain", "--seed", "7", "--steps", "8").out();
    assertTrue(explained.contains("> \" was\"             25.37%"), explained);
    assertEquals("focus Token 2: \" was\" ▶ \" was\", drawn25.37%23.66%24.53% true", lines.get(1));
    assertEquals("point Token 1: \" there\" ▶ \" there\", drawn62.17%76.60%79.99%", lines.get(2));
    assertEquals("leave Token 2: \" was\"", lines.get(3));
    assertTrue(lines.get(4).startsWith("end Token 15: ") && lines.get(4).endsWith(" 1"), seen);
    assertEquals("keys Token 5", lines.get(5));
    assertEquals("click true Token 3", lines.get(6));
  }

  @Test
  void coloursSwitchAndTablesOpen() throws Exception {
    String seen =
        after(
            """
            const classes = () => options.map(o => o.lastChild.className.trim()).join('|');
            const degrees = () => classes().match(/degree-\\d|word(?=$|\\|)/g).length;
            say(text('#key'), document.querySelectorAll('[role=listbox]').length, degrees());
            const before = classes();
            document.querySelector('[value=entropy]').click();
            say(text('#key'), /probability/.test(classes()), /entropy/.test(classes()));
            document.querySelector('[value=before]').click();
            document.querySelector('[value=probability]').click();
            say(classes() === before);
            const details = document.querySelector('.tale details');
            details.open = true;
            details.dispatchEvent(new Event('toggle'));
            say(details.querySelectorAll('tbody tr').length, details.querySelector('tbody tr').textContent);
            say(text('h3'), document.querySelectorAll('#candidates table').length);
            say(document.documentElement.scrollWidth <= innerWidth);
            """,
            PHONE,
            "--sweep",
            "0.2,1,2",
            "--seed",
            "7",
            "--steps",
            "25");
    List<String> lines = seen.lines().toList();
    assertEquals("50% or more20% to 50%5% to 20%1% to 5%below 1% 3 60", lines.get(0));
    assertEquals(
        "as among 1 to 2 tokens2 to 55 to 2020 to 100100 or more false true", lines.get(1));
    assertEquals("false", lines.get(2));
    assertTrue(lines.get(3).startsWith("20 1\" there\"62.17%100.00%1"), seen);
    assertEquals("After the chain, in the tales that begin alike 2", lines.get(4));
    assertEquals("true", lines.get(5));
  }

  /** Texts that would be elements or scripts, were they read as HTML. */
  @Test
  void hostileTextsDoNothing() throws Exception {
    List<String> hostile =
        List.of("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\u202e<b>");
    Path tokenizer = Models.tokenizer(folder.resolve("tokenizer"), hostile);
    Path checkpoint = Models.checkpoint(folder.resolve("<b>model"), true, 0, 60);
    Path file = folder.resolve("page.html");
    String chain = "logit_bias(131=9, 229=9, 13=9, 259=12, 260=12, 261=12)";
    Run run =
        Run.on(
            checkpoint, tokenizer, "--prompt", "<i>", "--chain", chain, "--html", file.toString());
    assertEquals(0, run.status(), run.err());
    String seen =
        opened(
            file,
            """
            options.forEach(option => { option.focus(); point(option); });
            say(document.querySelectorAll('img, b, i').length, options.length > 20);
            say(text('.tokens').includes('<img src=x onerror=alert(1)>'));
            say(options.every(option => option.textContent !== ''));
            """,
            DESKTOP);
    assertEquals("0 true\ntrue\ntrue", seen);
    assertFalse(seen.isEmpty());
  }
}
