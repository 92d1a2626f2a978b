// What is measured; the rest of regcred would only register itself.
import '../../../../functions/create-credential.ts';
import '../../../../functions/hand-out-login.ts';
import '../../../../functions/list-credentials.ts';
