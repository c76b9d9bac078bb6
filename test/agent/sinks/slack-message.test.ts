import assert from "node:assert/strict";
import { slackMessage } from "../../../agent/sinks/slack-message.ts";
import { golden } from "../../support/golden.ts";
import { sampleAlert } from "./sample.ts";

const look = { channel: "#security", username: "Tiercel", icon: ":bird:", footer: "cluster blue" };

interface Block {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string };
  readonly fields?: readonly { readonly type: string; readonly text: string }[];
}

/** What Slack checks of blocks (its Block Kit reference), so that it would not answer invalid_blocks. */
function check(message: ReturnType<typeof slackMessage>): readonly Block[] {
  const blocks = message.attachments.flatMap((attachment) => attachment.blocks as readonly Block[]);
  for (const { type, text, fields = [] } of blocks) {
    if (text !== undefined)
      assert.ok(text.text.length >= 1 && text.text.length <= (type === "header" ? 150 : 3000));
    assert.ok(fields.length <= 10);
    for (const field of fields) assert.ok(field.text.length >= 1 && field.text.length <= 2000);
  }
  return blocks;
}

describe("a Slack message", () => {
  it("shows rule, priority, message and fields", () => {
    const message = slackMessage(sampleAlert(), look);
    check(message);
    golden("slack/alert.json", `${JSON.stringify(message, undefined, 2)}\n`);
  });

  it("gives hostile text no power", () => {
    const hostile = "<!channel> <http://evil|click> *b* :smile: &\n\u001b[31m\u202e";
    const message = slackMessage(
      sampleAlert({ rule: hostile, message: hostile, fields: [["proc.name", hostile]] }),
      look,
    );
    const blocks = check(message);
    for (const { text, fields = [] } of blocks)
      for (const one of [...(text === undefined ? [] : [text]), ...fields]) {
        assert.equal(one.type, "plain_text");
        assert.doesNotMatch(one.text.replace("proc.name\n", ""), /[\u0000-\u0009\u000b-\u001f\u202e]/);
      }
    for (const text of [message.text, message.attachments[0]!.fallback]) {
      assert.match(text, /&lt;!channel&gt; &lt;http:\/\/evil\|click&gt;/);
      assert.doesNotMatch(text, /[<>\n\u001b]/);
    }
  });

  it("keeps Slack's limits", () => {
    const long = "𝄞".repeat(5000);
    const fields = Array.from({ length: 40 }, (_, n) => [`field${n}`, long] as const);
    const message = slackMessage(sampleAlert({ rule: long, message: long, fields }), look);
    check(message);
    assert.doesNotMatch(JSON.stringify(message), /\\ud834(?!\\u)/);
    check(slackMessage(sampleAlert({ message: "", fields: [["a", ""]], tags: [] }), { ...look, footer: "" }));
  });

  it("leaves to the webhook what is not set, and takes an icon as URL or emoji", () => {
    const bare = slackMessage(sampleAlert(), { channel: "", username: "", icon: "", footer: "" });
    assert.deepEqual(Object.keys(bare).sort(), ["attachments", "text"]);
    assert.equal(slackMessage(sampleAlert(), look).icon_emoji, ":bird:");
    assert.equal(
      slackMessage(sampleAlert(), { ...look, icon: "https://x/y.png" }).icon_url,
      "https://x/y.png",
    );
  });
});
