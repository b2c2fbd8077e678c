import java.lang.reflect.Field;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;

/** Prints what a class of Kafka defines as settings: a line `name TAB default` each, sorted. */
class KafkaSettings {
    public static void main(String[] args) throws Exception {
        for (ConfigDef.ConfigKey key : new TreeMap<>(definition(args[0]).configKeys()).values()) {
            String value = key.hasDefault() ? "\t" + ConfigDef.convertToString(key.defaultValue, key.type) : "";
            System.out.println(key.name + value);
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
