import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/**
 * Prints what a class of Kafka defines as settings, sorted: a line `name TAB definition TAB default` each, as
 * src/spec/definition.rs reads it. Then, after an empty line, what Kafka makes of the values of standard input, each
 * of which ends with NUL: a line `name TAB` and a letter for each value, t(aken), r(efused), or ? where its table
 * cannot tell.
 */
class KafkaSettings {
    public static void main(String[] args) throws Exception {
        Collection<ConfigDef.ConfigKey> keys = new TreeMap<>(definition(args[0]).configKeys()).values();
        for (ConfigDef.ConfigKey key : keys) {
            String value = key.hasDefault() ? "\t" + ConfigDef.convertToString(key.defaultValue, key.type) : "";
            System.out.println(key.name + "\t" + key.type + new Rule(key.validator).text() + value);
        }
        System.out.println();
        String[] values = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\0", -1);
        for (ConfigDef.ConfigKey key : keys) {
            StringBuilder line = new StringBuilder(key.name + "\t");
            for (int i = 0; i < values.length - 1; i++) {
                line.append(verdict(key, values[i]));
            }
            System.out.println(line);
        }
    }

    private static char verdict(ConfigDef.ConfigKey key, String value) throws Exception {
        if (key.type == ConfigDef.Type.CLASS) {
            return '?';
        }
        Object parsed;
        try {
            parsed = ConfigDef.parseType(key.name, value, key.type);
        } catch (ConfigException refused) {
            return 'r';
        }
        try {
            if (key.validator != null) {
                key.validator.ensureValid(key.name, parsed);
            }
        } catch (Exception refused) {
            return new Rule(key.validator).isWhole ? 'r' : '?';
        }
        return 't';
    }

    /** What a validator says, as far as it can be read. */
    @SuppressWarnings("unchecked")
    private static class Rule {
        String range = "";
        List<String> words = Collections.emptyList();
        boolean isAnyCase;
        boolean isEmptyRefused;
        /** It says nothing else. */
        boolean isWhole = true;

        Rule(ConfigDef.Validator validator) throws Exception {
            read(validator);
        }

        String text() {
            String text = range;
            if (!words.isEmpty()) {
                text = String.join("|", words) + (isAnyCase ? " in any case" : "");
            }
            return (text.isEmpty() ? "" : " " + text) + (isEmptyRefused ? " not empty" : "");
        }

        private void read(ConfigDef.Validator validator) throws Exception {
            if (validator == null) {
                return;
            }
            switch (validator.getClass().getSimpleName()) {
                case "Range":
                    range = end(field(validator, "min")) + ".." + end(field(validator, "max"));
                    break;
                case "ValidString":
                    words = new ArrayList<>((Collection<String>) field(validator, "validStrings"));
                    break;
                case "CaseInsensitiveValidString":
                    isAnyCase = true;
                    words = new ArrayList<>();
                    for (String word : new TreeSet<>((Collection<String>) field(validator, "validStrings"))) {
                        words.add(word.toLowerCase(Locale.ROOT));
                    }
                    break;
                case "ValidList":
                    read((ConfigDef.Validator) field(validator, "validString"));
                    isEmptyRefused = Boolean.FALSE.equals(field(validator, "isEmptyAllowed"));
                    // Newer ones refuse what is there twice, too.
                    isWhole = field(validator, "isEmptyAllowed") == null;
                    break;
                case "NonEmptyString":
                    isEmptyRefused = true;
                    break;
                case "NonNullValidator":
                    break;
                case "CompositeValidator":
                    for (Object part : (Collection<?>) field(validator, "validators")) {
                        read((ConfigDef.Validator) part);
                    }
                    break;
                default:
                    isWhole = false;
            }
        }

        private static String end(Object number) {
            return number == null ? "" : number.toString();
        }

        /** Of a private field; null where this version has none of that name. */
        private static Object field(Object owner, String name) throws Exception {
            try {
                Field field = owner.getClass().getDeclaredField(name);
                field.setAccessible(true);
                return field.get(owner);
            } catch (NoSuchFieldException older) {
                return null;
            }
        }
    }

    /** The definition is private in some versions, and its name is mangled where Scala made it. */
    private static ConfigDef definition(String type) throws Exception {
        for (String name : new String[] {type + "$", type}) {
            Class<?> holder;
            try {
                holder = Class.forName(name);
            } catch (ClassNotFoundException notScala) {
                continue;
            }
            for (Field field : holder.getDeclaredFields()) {
                if (field.getName().endsWith("configDef") || field.getName().equals("CONFIG")) {
                    field.setAccessible(true);
                    // An object of Scala is the one instance of its class.
                    Object owner = name.equals(type) ? null : holder.getField("MODULE$").get(null);
                    return (ConfigDef) field.get(owner);
                }
            }
        }
        throw new IllegalArgumentException("no ConfigDef in " + type);
    }
}
