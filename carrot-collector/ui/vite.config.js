import { defineConfig } from "vite";

const COLLECTOR = process.env.CARROT_URL ?? "http://127.0.0.1:7420";

/** The theme is chosen by the script, so nothing may be painted before it ran. */
const paintAfterScript = {
  name: "paint-after-script",
  transformIndexHtml: {
    order: "post",
    handler: (html) =>
      html
        .replace('<script type="module" crossorigin', '<script type="module" blocking="render"')
        .replace('<link rel="stylesheet" crossorigin', '<link rel="stylesheet"'),
  },
};

export default defineConfig({
  plugins: [paintAfterScript],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // The built files are checked in and embedded in the binary: fixed names, no maps, same bytes on every build.
  build: {
    target: "es2023",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        entryFileNames: "app.js",
        assetFileNames: "app[extname]",
        codeSplitting: false,
      },
    },
  },
  server: { proxy: { "/v1": COLLECTOR } },
});
