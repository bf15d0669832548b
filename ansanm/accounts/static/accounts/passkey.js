// Starts allauth's passkey forms, and says in the page when the device refuses.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const error = document.getElementById("passkey-error");
  error.hidden = false;
  error.scrollIntoView({ block: "nearest" });
});
for (const settings of document.querySelectorAll("script[data-passkey]")) {
  window.allauth.webauthn.forms[settings.dataset.passkey](JSON.parse(settings.textContent));
}
