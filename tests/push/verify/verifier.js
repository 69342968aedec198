// Answers on standard output what the reference library of Standard Webhooks says to each line of standard input:
// {"secret", "headers", "body"} is verified, {"secret", "id", "at_s", "body"} is signed.
"use strict";
const { Webhook } = require("standardwebhooks");
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line !== "");

function answer({ secret, headers, id, at_s, body }) {
  const webhook = new Webhook(secret);
  if (headers === undefined) {
    return { signature: webhook.sign(id, new Date(at_s * 1000), body) };
  }
  try {
    webhook.verify(body, headers);
    return { refusal: null };
  } catch (error) {
    return { refusal: error.message };
  }
}

for (const line of lines) {
  console.log(JSON.stringify(answer(JSON.parse(line))));
}
