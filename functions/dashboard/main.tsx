/** Puts the page into its place. */
import { render } from 'preact';
import { App, Boundary } from './app.tsx';

const place = document.getElementById('page');
if (place !== null) {
  render(
    <Boundary>
      <App />
    </Boundary>,
    place,
  );
}
