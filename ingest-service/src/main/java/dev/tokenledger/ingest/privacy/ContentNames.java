package dev.tokenledger.ingest.privacy;

import java.util.Locale;
import java.util.Set;

/**
 * The names under which applications and their libraries send what people and models wrote. Such
 * fields are dropped where others are kept as attributes. Only names can be judged, so a list of
 * them is never complete; it errs on the side of dropping.
 */
public final class ContentNames {
  private static final Set<String> NAMES =
      Set.of(
          "answer",
          "answers",
          "args",
          "arguments",
          "assistant",
          "assistantmessage",
          "body",
          "chat",
          "chathistory",
          "completion",
          "completions",
          "content",
          "contents",
          "context",
          "conversation",
          "document",
          "documents",
          "finalanswer",
          "finaloutput",
          "generatedtext",
          "history",
          "input",
          "inputs",
          "inputtext",
          "instruction",
          "instructions",
          "llminput",
          "llmoutput",
          "message",
          "messages",
          "modelinput",
          "modeloutput",
          "modelresponse",
          "observation",
          "output",
          "outputs",
          "outputtext",
          "payload",
          "prompt",
          "prompts",
          "prompttext",
          "query",
          "question",
          "questions",
          "reasoning",
          "reasoningcontent",
          "reasoningtext",
          "rawprompt",
          "rawresponse",
          "request",
          "requestbody",
          "response",
          "responsebody",
          "responses",
          "result",
          "results",
          "searchquery",
          "system",
          "systeminstruction",
          "systeminstructions",
          "systemmessage",
          "systemprompt",
          "text",
          "thinking",
          "thought",
          "thoughts",
          "toolarguments",
          "toolinput",
          "tooloutput",
          "toolresponse",
          "toolresult",
          "transcript",
          "userinput",
          "usermessage",
          "userprompt",
          "userquery");

  private ContentNames() {}

  /**
   * @param name in any spelling ({@code systemPrompt}, {@code system_prompt}, {@code
   *     my.system-prompt}); of a name with dots, the last part counts
   */
  public static boolean contains(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    StringBuilder letters = new StringBuilder(last.length());
    for (int i = 0; i < last.length(); i++) {
      char c = last.charAt(i);
      if (c != '_' && c != '-' && c != ' ') {
        letters.append(c);
      }
    }
    return NAMES.contains(letters.toString().toLowerCase(Locale.ROOT));
  }
}
