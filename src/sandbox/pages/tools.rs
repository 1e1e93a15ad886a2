//! What a person can do with an article on its page.

use crate::sandbox::app::App;
use crate::sandbox::record::Record;
use crate::sandbox::store::View;

use super::markup::Html;
use super::visit::Visit;

/// The bar of actions above an article.
pub(super) fn bar(_app: &App, _view: &impl View, _visit: &Visit, _article: &Record) -> Html {
    Html::default()
}
