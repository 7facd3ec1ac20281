(function () {
  try {
    var theme = localStorage.getItem('tokenledger.theme');
    if (theme === 'light' || theme === 'dark') {
      document.documentElement.dataset.theme = theme;
    }
  } catch (storageIsForbidden) {
    // The system's preference applies.
  }
})();
