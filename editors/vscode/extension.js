// Starts the emulator as the debug adapter of a session. All else is the adapter's business (Sources/DebugAdapter).
const vscode = require("vscode");

exports.activate = (context) => {
    context.subscriptions.push(
        vscode.debug.registerDebugAdapterDescriptorFactory("martlet", {
            createDebugAdapterDescriptor(session) {
                const configuration = session.configuration;
                if (configuration.request === "attach") {
                    return new vscode.DebugAdapterServer(configuration.port, "127.0.0.1");
                }
                const symbols = (configuration.symbols || []).flatMap((path) => ["--symbols", path]);
                const image = configuration.image ? [configuration.image] : [];
                const folder = session.workspaceFolder ? session.workspaceFolder.uri.fsPath : undefined;
                return new vscode.DebugAdapterExecutable(
                    configuration.vm || "vm",
                    [...image, ...symbols, ...(configuration.arguments || []), "--dap"],
                    { cwd: folder }
                );
            },
        })
    );
};
