/** The command line: `tiercel COMMAND …`. One file a command in cli/. */
console.error("tiercel: no command yet");
process.exitCode = 2;
