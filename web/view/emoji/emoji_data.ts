/**
 * Those that people use most, in groups without names: the pictures say it. Each fills its rows
 * of eight.
 */
export const EMOJI_GROUPS = [
  "👍 👎 👌 👏 🙏 🙌 💪 🤝 ✌️ 🤞 👋 🫡 👀 🎉 ❤️ 💔 🔥 ✅ ❌ ❓ ❗ 💯 ⭐ 🚀",
  "😀 😄 😁 😆 😅 😂 🤣 🙂 🙃 😉 😊 😇 🥰 😍 😘 😋 😛 😜 🤪 🤗 🤔 🤨 😐 😶 😏 😒 🙄 😬 😌 😔 😴 😷 🥵 🥶 😵 🤯 🥳 😎 🤓 😕 😟 😮 😲 🥺 😢 😭 😱 😤 😡 🤬 💀 💩 🤡 👻 👽 🤖",
  "🐶 🐱 🐭 🐰 🦊 🐻 🐼 🐨 🐯 🦁 🐮 🐷 🐸 🐵 🐔 🐧 🐦 🦉 🐺 🐴 🦄 🐝 🐛 🦋 🐢 🐍 🐙 🐠 🐳 🦀 🌵 🌲 🌴 🌱 🍀 🌸 🌹 🌻 🌈 ☀️ 🌙 ⛅ 🌧️ ❄️ ⚡ 🌊 🔔 💤",
  "🍎 🍊 🍋 🍌 🍉 🍇 🍓 🍒 🍍 🥑 🍅 🥕 🌽 🍞 🧀 🍔 🍟 🍕 🌮 🍣 🍜 🥟 🍚 🍩 🍪 🎂 🍫 🍿 ☕ 🍵 🍺 🍷 🥂 ⚽ 🏀 🎾 🏆 🎮 🎲 🎵 🎸 🎨 📷 💻 📱 💡 📌 📎 ✏️ 📚 🔒 🔑 🔧 ⏰ 💰 🎁 🏠 🚗 🚲 ✈️ 🌍 🏁 🧭 ⚓",
].map((group) => group.split(" "));
