//! The templates of a node's files: the built-in ones, and the user's in their place.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::model::ids::NodeName;
use crate::plan::layers::{Heading, Layers};
use crate::plan::layout::NodeDir;
use crate::plan::model::{JavaPlan, KafkaPlan, Origin, Ports, Setting};
use crate::plan::properties;
use crate::spec::model::{Profile, Spec};

/// Names and texts of the built-in templates.
const BUILT_IN: [(&str, &str); 5] = [
    ("log4j.properties", include_str!("../../templates/log4j.properties")),
    ("log4j2.properties", include_str!("../../templates/log4j2.properties")),
    ("myid", include_str!("../../templates/myid")),
    ("server.properties", include_str!("../../templates/server.properties")),
    ("zoo.cfg", include_str!("../../templates/zoo.cfg")),
];

/// What a template sees; docs/templates.md explains each name to users.
#[derive(Debug, Serialize)]
pub(crate) struct Context<'a> {
    cluster: ClusterContext<'a>,
    kafka: &'a KafkaPlan,
    java: &'a JavaPlan,
    node: NodeContext,
    headings: Vec<HeadingContext>,
    /// Every setting as a finished line, by key.
    lines: BTreeMap<String, String>,
    /// Every setting's bare value, by key.
    values: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct ClusterContext<'a> {
    name: &'a str,
    profile: Profile,
}

#[derive(Debug, Serialize)]
struct NodeContext {
    name: NodeName,
    role: &'static str,
    /// The part of the spec that holds for its role.
    section: &'static str,
    id: i32,
    dir: PathBuf,
    data: PathBuf,
    logs: PathBuf,
    ports: Ports,
    heap_mib: u32,
}

#[derive(Debug, Serialize)]
struct HeadingContext {
    title: &'static str,
    settings: Vec<SettingContext>,
}

#[derive(Debug, Serialize)]
struct SettingContext {
    key: String,
    value: String,
    origin: Origin,
    /// Why it is so, or where in the spec it stands: one line.
    comment: String,
    /// `key=value`, escaped.
    line: String,
}

impl SettingContext {
    fn new(setting: &Setting, node: NodeName) -> Self {
        let section = setting.role.unwrap_or(node.role).section();
        SettingContext {
            key: setting.key.clone(),
            value: setting.value.clone(),
            origin: setting.origin,
            comment: match (&setting.reason, setting.origin) {
                (Some(reason), _) => reason.clone(),
                (None, Origin::Node) => format!("From the spec: {section}.nodes.{node}.config."),
                (None, _) => format!("From the spec: {section}.config."),
            },
            line: properties::line(&setting.key, &setting.value),
        }
    }
}

impl<'a> Context<'a> {
    #[expect(clippy::too_many_arguments, reason = "one call; each is a part of what a template sees")]
    pub(crate) fn new(
        spec: &'a Spec,
        kafka: &'a KafkaPlan,
        java: &'a JavaPlan,
        node: NodeName,
        dir: &NodeDir,
        ports: Ports,
        heap_mib: u32,
        layers: &Layers,
    ) -> Self {
        let headings: Vec<HeadingContext> = layers
            .headings()
            .into_iter()
            .map(|Heading { title, settings }| HeadingContext {
                title,
                settings: settings.iter().map(|setting| SettingContext::new(setting, node)).collect(),
            })
            .collect();
        let settings = || headings.iter().flat_map(|heading| &heading.settings);
        Context {
            cluster: ClusterContext { name: &spec.name, profile: spec.profile },
            kafka,
            java,
            node: NodeContext {
                name: node,
                role: node.role.word(),
                section: node.role.section(),
                id: node.id,
                dir: dir.0.clone(),
                data: dir.data(),
                logs: dir.logs(),
                ports,
                heap_mib,
            },
            lines: settings().map(|setting| (setting.key.clone(), setting.line.clone())).collect(),
            values: settings().map(|setting| (setting.key.clone(), setting.value.clone())).collect(),
            headings,
        }
    }
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error("failed to read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} replaces no template", path.display())]
    Unknown { path: PathBuf, suggestion: Option<&'static str> },
    /// A mistake in the template's text, or a value that it names and that does not exist.
    #[error("{}:{line}: {message}", file.display())]
    Mistake { file: PathBuf, line: usize, message: String },
}

impl TemplateError {
    /// What to do next, as one imperative sentence.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            TemplateError::Read { .. } => None,
            TemplateError::Unknown { suggestion: Some(name), .. } => {
                Some(format!("rename it to {name}, or move it out of the folder"))
            }
            TemplateError::Unknown { .. } => {
                let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
                Some(format!(
                    "name it after one of these, or move it out of the folder: {}",
                    names.join(", ")
                ))
            }
            TemplateError::Mistake { .. } => Some("see docs/templates.md for what a template may say".into()),
        }
    }
}

/// The templates in use, parsed.
#[derive(Clone, Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// The user's files, by the name of the template that each replaces.
    replaced: BTreeMap<&'static str, PathBuf>,
}

impl Templates {
    /// The built-in templates, with those files of `folder` in place of the ones with the same name.
    /// Hidden files are skipped; any other name is an error, so that a misspelt one is not ignored.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(|error| TemplateError::Mistake {
                file: PathBuf::from("templates"),
                line: 1,
                message: error.to_string(),
            })?;
        environment.set_syntax(syntax);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("properties", |text: String| properties::value(&text));
        let mut templates = Templates { environment, replaced: BTreeMap::new() };
        for (name, text) in BUILT_IN {
            templates.add(name, text.to_owned())?;
        }
        if let Some(folder) = folder {
            templates.replace_from(folder)?;
        }
        Ok(templates)
    }

    fn replace_from(&mut self, folder: &Path) -> Result<(), TemplateError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| TemplateError::Read { path, source }
        };
        let entries = folder.read_dir().map_err(unreadable(folder))?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(unreadable(folder))?;
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with('.') {
                continue;
            }
            let Some((known, _)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
                return Err(TemplateError::Unknown { suggestion: nearest(&name), path });
            };
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            self.replaced.insert(known, path);
            self.add(known, text)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &'static str, text: String) -> Result<(), TemplateError> {
        self.environment.add_template_owned(name, text).map_err(|error| self.mistake(name, &error))
    }

    /// The user's file that is used in place of the built-in template, if there is one.
    pub(crate) fn replaced_by(&self, name: &str) -> Option<&Path> {
        self.replaced.get(name).map(PathBuf::as_path)
    }

    /// The text of a node's file.
    pub(crate) fn render(&self, name: &str, context: &Context<'_>) -> Result<String, TemplateError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(Serde(context)))
            .map_err(|error| self.mistake(name, &error))
    }

    fn mistake(&self, name: &str, error: &minijinja::Error) -> TemplateError {
        TemplateError::Mistake {
            file: self.replaced_by(name).map_or_else(|| PathBuf::from(name), Path::to_owned),
            line: error.line().unwrap_or(1),
            message: match error.detail() {
                Some(detail) => format!("{}: {detail}", error.kind()),
                None => error.kind().to_string(),
            },
        }
    }
}

/// The template whose name is most like this one, if any is much like it.
fn nearest(name: &str) -> Option<&'static str> {
    BUILT_IN
        .iter()
        .map(|(known, _)| (strsim::jaro_winkler(name, known), *known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(name: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        folder
    }

    #[test]
    fn a_file_that_replaces_no_template_is_an_error_with_a_suggestion() {
        let folder = folder_with("server.propertis", "");
        let error = Templates::load(Some(folder.path())).unwrap_err();
        assert!(error.to_string().ends_with("server.propertis replaces no template"), "{error}");
        assert!(error.hint().unwrap().starts_with("rename it to server.properties"));
    }

    #[test]
    fn a_mistake_in_a_template_names_its_file_and_line() {
        let folder = folder_with("zoo.cfg", "a=1\n{% if %}\n");
        let error = Templates::load(Some(folder.path())).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:2: ", folder.path().join("zoo.cfg").display())), "{error}");
    }

    #[test]
    fn hidden_files_are_no_templates() {
        let folder = folder_with(".gitkeep", "");
        assert!(Templates::load(Some(folder.path())).unwrap().replaced.is_empty());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Templates::load(Some(Path::new("/no/such/folder"))).unwrap_err().to_string();
        assert!(error.starts_with("failed to read /no/such/folder"), "{error}");
    }
}
